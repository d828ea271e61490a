/* usertests: execve. The programs that it runs are this one again, with --child MODE. */
#include <limits.h>
#include "test.h"

#define LONG_ARGUMENT	(256 * 1024)	/* bytes: more than Linux takes in one argument */

/* Runs usertests --child with the words, which end with NULL; returns the wait status. */
static int exec_self(char **words)
{
	char *argv[16] = { own_path, "--child" };
	pid_t pid = test_fork();

	if (pid != 0)
		return test_wait(pid);
	for (int i = 0; words[i]; i++)
		argv[i + 2] = words[i];
	execv(own_path, argv);
	exit(99);
}

static void exec_arguments(void)
{
	char *words[] = { "arguments", "", "two words", "last", NULL };

	CHECK(exec_self(words) == 42 << 8);
}

/* The mode `arguments`: sees just what exec_arguments passed, and a sane start. */
static int check_arguments(int argc, char **argv)
{
	static int zero_from_start;

	if (argc != 6 || argv[6] != NULL)
		return 1;
	if (strcmp(argv[3], "") || strcmp(argv[4], "two words") || strcmp(argv[5], "last"))
		return 2;
	return zero_from_start == 0 ? 42 : 3;
}

static void exec_keeps_files(void)
{
	char kept[12], closed[12], *words[] = { "files", kept, closed, NULL };
	int fd, closing;
	off_t after;

	make_file("f", "0123456789", 10);
	fd = open("f", O_RDONLY);
	closing = open("f", O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0 && closing >= 0);
	CHECK(lseek(fd, 3, SEEK_SET) == 3);
	snprintf(kept, sizeof(kept), "%d", fd);
	snprintf(closed, sizeof(closed), "%d", closing);
	CHECK(exec_self(words) == 0);
	after = lseek(fd, 0, SEEK_CUR);
	CHECK(after == 5);		/* the offset is shared with the child's */
	CHECK(unlink("f") == 0);
}

/* The mode `files`: one descriptor is open, at its offset, and one is not. */
static int check_files(char **argv)
{
	long kept, closed;
	char bytes[2];

	if (parse_number(argv[3], 0, INT_MAX, &kept)
	    || parse_number(argv[4], 0, INT_MAX, &closed))
		return 1;
	if (read(kept, bytes, 2) != 2 || memcmp(bytes, "34", 2) != 0)
		return 2;
	if (lseek(closed, 0, SEEK_CUR) != -1 || errno != EBADF)
		return 3;
	/* And the current directory is still the test's own. */
	return access("f", R_OK) == 0 ? 0 : 4;
}

static void exec_replaces_memory(void)
{
	char address[24], *words[] = { "memory", address, NULL };
	char *map = mmap((char *)0x20000000, PAGE_SIZE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	CHECK(map == (char *)0x20000000);
	map[0] = 1;
	snprintf(address, sizeof(address), "0x%lx", (unsigned long)map);
	CHECK(exec_self(words) == 0);
	CHECK(map[0] == 1);
}

/* The mode `memory`: the mapping of the old program is gone, as a write from it shows. */
static int check_memory(char **argv)
{
	long address;
	int ends[2];

	if (parse_number(argv[3], 0, LONG_MAX, &address) || pipe(ends) != 0)
		return 1;
	return write(ends[1], (void *)address, 1) == -1 && errno == EFAULT ? 0 : 2;
}

static void exec_missing(void)
{
	char *argv[] = { "x", NULL };

	make_file("plain", "text", 4);
	CHECK_ERROR(execv("no-such-file", argv), ENOENT);
	CHECK_ERROR(execv("", argv), ENOENT);
	CHECK_ERROR(execv("plain/inside", argv), ENOTDIR);
	CHECK_ERROR(execv("plain", argv), EACCES);	/* no permission to execute */
	CHECK_ERROR(execv(".", argv), EACCES);
	CHECK(unlink("plain") == 0);
}

/* Makes an executable file of the bytes, which must be refused as no program. */
static void check_refused(const void *bytes, size_t count)
{
	char *argv[] = { "bad", NULL };

	make_file("bad", bytes, count);
	CHECK(chmod("bad", 0755) == 0);
	CHECK_ERROR(execv("bad", argv), ENOEXEC);
	CHECK(unlink("bad") == 0);
}

static void exec_bad_elf(void)
{
	unsigned char start[512];
	int fd = open(own_path, O_RDONLY);

	CHECK(fd >= 0 && read(fd, start, sizeof(start)) == sizeof(start));
	close(fd);
	check_refused("", 0);
	check_refused("\177ELF", 4);
	check_refused("just text, with no interpreter\n", 31);
	start[18] ^= 0x55;		/* e_machine */
	check_refused(start, sizeof(start));
	start[18] ^= 0x55;
	start[16] = 1;			/* e_type: a relocatable object */
	check_refused(start, sizeof(start));
}

static void exec_too_long(void)
{
	char *argument = malloc(LONG_ARGUMENT), *argv[] = { own_path, argument, NULL };

	CHECK(argument != NULL);
	memset(argument, 'a', LONG_ARGUMENT - 1);
	argument[LONG_ARGUMENT - 1] = '\0';
	CHECK_ERROR(execv(own_path, argv), E2BIG);
	/* The failed exec must have left this program whole. */
	CHECK(argument[0] == 'a' && argument[LONG_ARGUMENT - 2] == 'a');
	free(argument);
}

static void exec_repeatedly(void)
{
	char *words[] = { "nothing", NULL };

	for (int i = 0; i < 20; i++)
		CHECK(exec_self(words) == 0);
}

int run_exec_child(int argc, char **argv)
{
	const char *mode = argc > 2 ? argv[2] : "";

	if (strcmp(mode, "nothing") == 0)
		return 0;
	if (strcmp(mode, "unlocked") == 0)
		return nothing_is_locked();
	if (strcmp(mode, "arguments") == 0)
		return check_arguments(argc, argv);
	if (strcmp(mode, "files") == 0 && argc == 5)
		return check_files(argv);
	if (strcmp(mode, "memory") == 0 && argc == 4)
		return check_memory(argv);
	return 98;
}

static const struct test tests[] = {
	{ .name = "exec_arguments", .run = exec_arguments },
	{ .name = "exec_keeps_files", .run = exec_keeps_files },
	{ .name = "exec_replaces_memory", .run = exec_replaces_memory },
	{ .name = "exec_missing", .run = exec_missing },
	{ .name = "exec_bad_elf", .run = exec_bad_elf },
	{ .name = "exec_too_long", .run = exec_too_long },
	{ .name = "exec_repeatedly", .run = exec_repeatedly },
};

const struct part exec_part = PART(tests);
