/* usertests: anonymous memory: brk, stack, copy-on-write, protection, advice, locks. */
#include <pattern.h>
#include "test.h"

static void check_zero_pages(const char *start, size_t bytes)
{
	const long *word = (const long *)start;

	for (size_t i = 0; i < bytes / sizeof(long); i++)
		CHECK(word[i] == 0);
}

static void write_to(void *address)
{
	*(volatile char *)address = 1;
}

static void read_from(void *address)
{
	*(volatile char *)address;
}

static void brk_grow_and_shrink(void)
{
	const long bytes = 64 * PAGE_SIZE;
	char *start = sbrk(0), *aligned;

	aligned = (char *)(((unsigned long)start + PAGE_SIZE - 1) & -(long)PAGE_SIZE);
	CHECK(brk(aligned + bytes) == 0 && sbrk(0) == aligned + bytes);
	check_zero_pages(aligned, bytes);
	memset(aligned, 0x5a, bytes);
	CHECK(brk(aligned + PAGE_SIZE) == 0);
	CHECK(dies_of(SIGSEGV, read_from, aligned + PAGE_SIZE));
	CHECK(aligned[PAGE_SIZE - 1] == 0x5a);
	/* Memory that comes back is new. */
	CHECK(brk(aligned + bytes) == 0);
	check_zero_pages(aligned + PAGE_SIZE, bytes - PAGE_SIZE);
	CHECK(aligned[0] == 0x5a);
	CHECK_ERROR(brk((char *)(-1UL << 20)), ENOMEM);
	CHECK(sbrk(0) == aligned + bytes && brk(start) == 0);
}

static void mmap_zero_filled(void)
{
	char *first = map_pages(16, MAP_PRIVATE), *second = map_pages(16, MAP_PRIVATE);

	CHECK(((unsigned long)first & (PAGE_SIZE - 1)) == 0);
	check_zero_pages(first, 16 * PAGE_SIZE);
	memset(first, 1, 16 * PAGE_SIZE);
	check_zero_pages(second, 16 * PAGE_SIZE);
	CHECK(munmap(first, 16 * PAGE_SIZE) == 0);
	CHECK(munmap(second, 16 * PAGE_SIZE) == 0);
	CHECK(dies_of(SIGSEGV, read_from, first));
	/* Dirty pages that were given back must not show through. */
	for (int i = 0; i < 20; i++) {
		first = map_pages(16, MAP_PRIVATE);
		check_zero_pages(first, 16 * PAGE_SIZE);
		memset(first, i + 1, 16 * PAGE_SIZE);
		CHECK(munmap(first, 16 * PAGE_SIZE) == 0);
	}
}

static void munmap_splits(void)
{
	char *map = map_pages(9, MAP_PRIVATE);

	for (int i = 0; i < 9; i++)
		map[i * PAGE_SIZE] = i + 1;
	CHECK(munmap(map + 3 * PAGE_SIZE, 3 * PAGE_SIZE) == 0);
	for (int i = 0; i < 9; i++) {
		if (i >= 3 && i < 6)
			CHECK(dies_of(SIGSEGV, read_from, map + i * PAGE_SIZE));
		else
			CHECK(map[i * PAGE_SIZE] == i + 1);
	}
	/* Over all of it, hole included, and again where nothing is left. */
	CHECK(munmap(map, 9 * PAGE_SIZE) == 0 && munmap(map, 9 * PAGE_SIZE) == 0);
	CHECK(dies_of(SIGSEGV, read_from, map + 8 * PAGE_SIZE));
	CHECK_ERROR(munmap(map + 1, PAGE_SIZE), EINVAL);
	CHECK_ERROR(munmap(map, 0), EINVAL);
}

static void mmap_fixed(void)
{
	char *map = map_pages(5, MAP_PRIVATE), *over;

	memset(map, 7, 5 * PAGE_SIZE);
	over = mmap(map + 2 * PAGE_SIZE, PAGE_SIZE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	CHECK(over == map + 2 * PAGE_SIZE);
	check_zero_pages(over, PAGE_SIZE);
	CHECK(map[2 * PAGE_SIZE - 1] == 7 && map[3 * PAGE_SIZE] == 7);
	CHECK_ERROR(mmap(map + 1, PAGE_SIZE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
			 -1, 0), EINVAL);
	CHECK_ERROR(mmap((void *)-(long)PAGE_SIZE, PAGE_SIZE, PROT_READ,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0), ENOMEM);
	CHECK_ERROR(mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), EINVAL);
	CHECK_ERROR(mmap(NULL, PAGE_SIZE, PROT_READ, MAP_ANONYMOUS, -1, 0), EINVAL);
	CHECK(map[0] == 7 && munmap(map, 5 * PAGE_SIZE) == 0);
}

static void mprotect_pages(void)
{
	char *map = map_pages(3, MAP_PRIVATE), *end = map_before_hole(1) + PAGE_SIZE;

	memset(map, 9, 3 * PAGE_SIZE);
	CHECK(mprotect(map + PAGE_SIZE, PAGE_SIZE, PROT_READ) == 0);
	CHECK(dies_of(SIGSEGV, write_to, map + PAGE_SIZE));
	CHECK(status_of(write_to, map) == 0);
	CHECK(status_of(write_to, map + 2 * PAGE_SIZE) == 0);
	CHECK(map[PAGE_SIZE] == 9);
	CHECK(mprotect(map, 3 * PAGE_SIZE, PROT_NONE) == 0);
	CHECK(dies_of(SIGSEGV, read_from, map + PAGE_SIZE));
	CHECK(mprotect(map, 3 * PAGE_SIZE, PROT_READ | PROT_WRITE) == 0);
	for (int i = 0; i < 3 * PAGE_SIZE; i++)
		CHECK(map[i] == 9);
	map[PAGE_SIZE] = 10;
	CHECK_ERROR(mprotect(map + 1, PAGE_SIZE, PROT_READ), EINVAL);
	CHECK_ERROR(mprotect(end, PAGE_SIZE, PROT_READ), ENOMEM);
	CHECK(munmap(map, 3 * PAGE_SIZE) == 0);
}

static void mmap_read_only_first(void)
{
	char *map = mmap(NULL, 2 * PAGE_SIZE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(map != MAP_FAILED);
	check_zero_pages(map, 2 * PAGE_SIZE);
	CHECK(dies_of(SIGSEGV, write_to, map));
	/* A page that was read as zero becomes one's own with the first write. */
	CHECK(mprotect(map, 2 * PAGE_SIZE, PROT_READ | PROT_WRITE) == 0);
	map[5] = 1;
	CHECK(map[5] == 1 && map[4] == 0 && map[PAGE_SIZE + 5] == 0);
	CHECK(munmap(map, 2 * PAGE_SIZE) == 0);
}

static void fork_cow(void)
{
	enum { PAGES = 64, DEPTH = 4 };
	char *map = map_pages(PAGES, MAP_PRIVATE);
	uint32_t level = 0;
	pid_t child = 0;

	for (int i = 0; i < PAGES; i++)
		pattern_fill(map + i * PAGE_SIZE, pattern_key(level, i, 0));
	/* A chain of forks: each child rewrites every other page, and passes on. */
	while (level < DEPTH && (child = test_fork()) == 0) {
		for (int i = 0; i < PAGES; i++)
			CHECK(pattern_check(map + i * PAGE_SIZE,
					    pattern_key(i % 2 ? 0 : level, i, 0), NULL) == -1);
		level++;
		for (int i = 0; i < PAGES; i += 2)
			pattern_fill(map + i * PAGE_SIZE, pattern_key(level, i, 0));
	}
	if (level < DEPTH)
		CHECK(test_wait(child) == 0);
	for (int i = 0; i < PAGES; i++)
		CHECK(pattern_check(map + i * PAGE_SIZE,
				    pattern_key(i % 2 ? 0 : level, i, 0), NULL) == -1);
	if (level > 0)
		exit(0);
	CHECK(munmap(map, PAGES * PAGE_SIZE) == 0);
}

static int in_data = 5;
static int in_bss;

static void fork_copies_data_and_stack(void)
{
	int on_stack = 7;
	pid_t pid = test_fork();

	if (pid == 0) {
		CHECK(in_data == 5 && in_bss == 0 && on_stack == 7);
		in_data = in_bss = on_stack = 1;
		exit(in_data + in_bss + on_stack);
	}
	CHECK(test_wait(pid) == 3 << 8);
	CHECK(in_data == 5 && in_bss == 0 && on_stack == 7);
}

/* A system call that writes to a copy-on-write page must copy it, like the program itself. */
static void system_call_writes_to_cow(void)
{
	char *map = map_pages(1, MAP_PRIVATE);
	int ends[2];
	pid_t pid;

	CHECK(pipe(ends) == 0);
	memset(map, 'p', PAGE_SIZE);
	pid = test_fork();
	if (pid == 0) {
		CHECK(write(ends[1], "c", 1) == 1 && read(ends[0], map, 1) == 1);
		exit(map[0] == 'c' && map[1] == 'p' ? 0 : 1);
	}
	CHECK(test_wait(pid) == 0);
	CHECK(map[0] == 'p');
	CHECK(munmap(map, PAGE_SIZE) == 0);
}

static __attribute__((noinline)) long recurse(int depth)
{
	volatile char frame[1024];

	frame[0] = depth;
	frame[1023] = depth + 1;
	if (depth == 0)
		return 0;
	return recurse(depth - 1) + (frame[0] != (char)depth)
	       + (frame[1023] != (char)(depth + 1));
}

static void stack_growth(void)
{
	CHECK(recurse(1024) == 0);	/* 1 MB and more */
	CHECK(recurse(1024) == 0);
}

static void touch_below_stack(void *bytes)
{
	char here;

	write_to((void *)((unsigned long)&here - *(unsigned long *)bytes));
}

static void stack_has_an_end(void)
{
	unsigned long far = 512ul << 20;

	CHECK(dies_of(SIGSEGV, touch_below_stack, &far));
}

/* With a mapping 256 KB below, which the stack comes to. */
static void meet_a_mapping(void *unused)
{
	char here;
	unsigned long below = ((unsigned long)&here - 256 * 1024) & -(long)PAGE_SIZE;

	(void)unused;
	CHECK(mmap((void *)below, PAGE_SIZE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == (void *)below);
	recurse(1024);
}

/* A stack grows for what a program pushes, not for any address, and not into a mapping. */
static void stack_is_guarded(void)
{
	unsigned long far = 4ul << 20;

	if (!on_highwater())
		test_skipped("later kernels have other rules");
	CHECK(dies_of(SIGSEGV, touch_below_stack, &far));
	CHECK(dies_of(SIGBUS, meet_a_mapping, NULL));
}

static void madvise_dontneed(void)
{
	char *map = map_pages(8, MAP_PRIVATE), *end = map_before_hole(1) + PAGE_SIZE;

	memset(map, 3, 8 * PAGE_SIZE);
	CHECK(madvise(map + 2 * PAGE_SIZE, 4 * PAGE_SIZE, MADV_DONTNEED) == 0);
	check_zero_pages(map + 2 * PAGE_SIZE, 4 * PAGE_SIZE);
	CHECK(map[2 * PAGE_SIZE - 1] == 3 && map[6 * PAGE_SIZE] == 3);
	map[3 * PAGE_SIZE] = 4;
	CHECK(map[3 * PAGE_SIZE] == 4);
	CHECK(madvise(map, 8 * PAGE_SIZE, MADV_WILLNEED) == 0);
	CHECK_ERROR(madvise(map, PAGE_SIZE, 12345), EINVAL);
	CHECK_ERROR(madvise(map + 1, PAGE_SIZE, MADV_DONTNEED), EINVAL);
	CHECK_ERROR(madvise(end, PAGE_SIZE, MADV_DONTNEED), ENOMEM);
	CHECK(munmap(map, 8 * PAGE_SIZE) == 0);
}

static void mlock_pages(void)
{
	char *map = map_pages(8, MAP_PRIVATE), *end = map_before_hole(1) + PAGE_SIZE;

	CHECK(mlock(map, 8 * PAGE_SIZE) == 0);
	check_zero_pages(map, 8 * PAGE_SIZE);
	memset(map, 1, 8 * PAGE_SIZE);
	CHECK(munlock(map + PAGE_SIZE, PAGE_SIZE) == 0);
	CHECK(munlock(map, 8 * PAGE_SIZE) == 0);
	CHECK_ERROR(mlock(end, PAGE_SIZE), ENOMEM);
	CHECK(mlockall(MCL_CURRENT) == 0 && munlockall() == 0);
	CHECK_ERROR(mlockall(0), EINVAL);
	CHECK(map[0] == 1 && munmap(map, 8 * PAGE_SIZE) == 0);
}

static void mincore_pages(void)
{
	char *map = map_before_hole(4);
	unsigned char resident[4] = { 9, 9, 9, 9 };

	map[PAGE_SIZE] = 1;
	map[2 * PAGE_SIZE] = 1;
	if (mincore(map, 4 * PAGE_SIZE, resident) != 0 && errno == ENOSYS)
		test_skipped("the kernel has no mincore");
	CHECK(mincore(map, 4 * PAGE_SIZE, resident) == 0);
	CHECK((resident[0] & 1) == 0 && (resident[1] & 1) == 1);
	CHECK((resident[2] & 1) == 1 && (resident[3] & 1) == 0);
	CHECK_ERROR(mincore(map + 1, PAGE_SIZE, resident), EINVAL);
	CHECK_ERROR(mincore(map + 3 * PAGE_SIZE, 2 * PAGE_SIZE, resident), ENOMEM);
	CHECK(munmap(map, 4 * PAGE_SIZE) == 0);
}

static void malloc_blocks(void)
{
	enum { BLOCKS = 200 };
	static unsigned char *block[BLOCKS];

	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < BLOCKS; i++) {
			size_t size = (i * 37 + round * 11) % 3000 + 1;

			block[i] = malloc(size);
			CHECK(block[i] && (unsigned long)block[i] % 16 == 0);
			memset(block[i], i, size);
		}
		for (int i = 0; i < BLOCKS; i += 2)
			free(block[i]);
		for (int i = 1; i < BLOCKS; i += 2) {
			size_t size = (i * 37 + round * 11) % 3000 + 1;

			block[i] = realloc(block[i], size + 500);
			CHECK(block[i]);
			for (size_t at = 0; at < size; at++)
				CHECK(block[i][at] == (unsigned char)i);
			free(block[i]);
		}
	}
	CHECK(malloc(-4096UL) == NULL && errno == ENOMEM);
}

static const struct test tests[] = {
	{ .name = "brk_grow_and_shrink", .run = brk_grow_and_shrink },
	{ .name = "mmap_zero_filled", .run = mmap_zero_filled },
	{ .name = "munmap_splits", .run = munmap_splits },
	{ .name = "mmap_fixed", .run = mmap_fixed },
	{ .name = "mprotect_pages", .run = mprotect_pages },
	{ .name = "mmap_read_only_first", .run = mmap_read_only_first },
	{ .name = "fork_cow", .run = fork_cow },
	{ .name = "fork_copies_data_and_stack", .run = fork_copies_data_and_stack },
	{ .name = "system_call_writes_to_cow", .run = system_call_writes_to_cow },
	{ .name = "stack_growth", .run = stack_growth },
	{ .name = "stack_has_an_end", .run = stack_has_an_end },
	{ .name = "stack_is_guarded", .run = stack_is_guarded },
	{ .name = "madvise_dontneed", .run = madvise_dontneed },
	{ .name = "mlock_pages", .run = mlock_pages },
	{ .name = "mincore_pages", .run = mincore_pages },
	{ .name = "malloc_blocks", .run = malloc_blocks },
};

const struct part memory_part = PART(tests);
