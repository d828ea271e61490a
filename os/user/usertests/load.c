/* usertests: several processes at once, each checking what it can see. */
#include <pattern.h>
#include "test.h"

#define WORKERS		6
#define ROUNDS		8

/* Starts WORKERS children on the body and waits until all have passed. */
static void run_workers(void (*body)(int worker))
{
	pid_t pids[WORKERS];

	for (int w = 0; w < WORKERS; w++) {
		pids[w] = test_fork();
		if (pids[w] == 0) {
			body(w);
			exit(0);
		}
	}
	for (int w = 0; w < WORKERS; w++)
		CHECK(test_wait(pids[w]) == 0);
}

/* Often enough that each place for a kernel stack is used many times. */
static void fork_and_exit(int worker)
{
	for (int i = 0; i < ROUNDS * 32; i++) {
		pid_t pid = fork();

		CHECK(pid >= 0);
		if (pid == 0)
			exit((worker + i) % 128);
		CHECK(test_wait(pid) == (worker + i) % 128 << 8);
	}
}

static void load_forks(void)
{
	run_workers(fork_and_exit);
}

static void exec_again(int worker)
{
	char *argv[] = { own_path, "--child", "nothing", NULL };

	(void)worker;
	for (int i = 0; i < ROUNDS / 2; i++) {
		pid_t pid = fork();

		CHECK(pid >= 0);
		if (pid == 0) {
			execv(own_path, argv);
			exit(1);
		}
		CHECK(test_wait(pid) == 0);
	}
}

static void load_execs(void)
{
	run_workers(exec_again);
}

static void map_and_unmap(int worker)
{
	enum { PAGES = 24 };

	for (int round = 0; round < ROUNDS; round++) {
		char *map = map_pages(PAGES, MAP_PRIVATE);

		for (int i = 0; i < PAGES; i++)
			pattern_fill(map + i * PAGE_SIZE, pattern_key(worker, i, round));
		sched_yield();
		for (int i = 0; i < PAGES; i++)
			CHECK(pattern_check(map + i * PAGE_SIZE, pattern_key(worker, i, round),
					    NULL) == -1);
		/* Away in pieces, from both ends. */
		for (int i = 0; i < PAGES / 2; i++) {
			CHECK(munmap(map + i * PAGE_SIZE, PAGE_SIZE) == 0);
			CHECK(munmap(map + (PAGES - 1 - i) * PAGE_SIZE, PAGE_SIZE) == 0);
		}
	}
}

static void load_mappings(void)
{
	run_workers(map_and_unmap);
}

static void write_and_check(int worker)
{
	static uint32_t page[PATTERN_WORDS];
	char name[16];

	snprintf(name, sizeof(name), "file-%d", worker);
	for (int round = 0; round < ROUNDS; round++) {
		int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0644);

		CHECK(fd >= 0);
		for (int i = 0; i < 12; i++) {
			pattern_fill(page, pattern_key(worker, i, round));
			CHECK(write(fd, page, PAGE_SIZE) == PAGE_SIZE);
		}
		CHECK(lseek(fd, 0, SEEK_SET) == 0);
		for (int i = 0; i < 12; i++) {
			CHECK(read(fd, page, PAGE_SIZE) == PAGE_SIZE);
			CHECK(pattern_check(page, pattern_key(worker, i, round), NULL) == -1);
		}
		CHECK(close(fd) == 0);
	}
	CHECK(unlink(name) == 0);
}

static void load_files(void)
{
	run_workers(write_and_check);
}

/* A byte goes round a ring of processes; each adds one. */
static void load_pipe_ring(void)
{
	enum { TURNS = 50 };
	int first[2], in, ends[2];
	pid_t pids[WORKERS];
	unsigned char byte = 0;

	CHECK(pipe(first) == 0);
	in = first[0];
	for (int w = 0; w < WORKERS; w++) {
		CHECK(pipe(ends) == 0);
		pids[w] = test_fork();
		if (pids[w] == 0) {
			close(first[1]);
			close(ends[0]);
			while (read(in, &byte, 1) == 1) {
				byte++;
				CHECK(write(ends[1], &byte, 1) == 1);
			}
			exit(0);
		}
		CHECK(close(in) == 0 && close(ends[1]) == 0);
		in = ends[0];
	}
	for (int turn = 0; turn < TURNS; turn++) {
		byte = turn;
		CHECK(write(first[1], &byte, 1) == 1 && read(in, &byte, 1) == 1);
		CHECK(byte == turn + WORKERS);
	}
	CHECK(close(first[1]) == 0);
	for (int w = 0; w < WORKERS; w++)
		CHECK(test_wait(pids[w]) == 0);
}

static const struct test tests[] = {
	{ .name = "load_forks", .run = load_forks, .seconds = 60 },
	{ .name = "load_execs", .run = load_execs, .seconds = 60 },
	{ .name = "load_mappings", .run = load_mappings, .seconds = 60 },
	{ .name = "load_files", .run = load_files, .seconds = 60 },
	{ .name = "load_pipe_ring", .run = load_pipe_ring },
};

const struct part load_part = PART(tests);
