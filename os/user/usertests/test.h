/*
 * What the parts of usertests share. A part is a file with a table of tests; each test runs
 * in a child process, in an empty directory of its own that must be empty again at its end.
 * A test that returns has passed; CHECK and SKIP end it otherwise.
 */
#ifndef TEST_H
#define TEST_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct test {
	const char *name;	/* what -l lists */
	void (*run)(void);
	int seconds;		/* after which it counts as hanging; 0: DEFAULT_SECONDS */
};

struct part {
	const struct test *tests;
	int nr_tests;
};

#define PART(table)	{ table, sizeof(table) / sizeof((table)[0]) }

extern const struct part process_part, exec_part, pipe_part, file_part, name_part,
	memory_part, lock_part, mapping_part, pointer_part, system_part, tmpfs_part,
	load_part;

/* Absolute path of this program, for tests that execute it again. */
extern char own_path[256];

#define CHECK(condition) \
	((condition) ? (void)0 : test_failed(__FILE__, __LINE__, #condition))

/* The call must return -1 and set errno to `wanted`. */
#define CHECK_ERROR(call, wanted) \
	check_error(__FILE__, __LINE__, #call, (long)(call), wanted)

_Noreturn void test_failed(const char *file, int line, const char *what);
void check_error(const char *file, int line, const char *what, long result, int wanted);

/* Is this the system that the tests are made for? Else it is a Linux. */
int on_highwater(void);

/* Ends the test as skipped, visibly, with the reason. */
_Noreturn void test_skipped(const char *reason);

/* fork that must succeed, and whose child is killed should the test fail or hang. */
pid_t test_fork(void);

/* Waits for a child of test_fork; returns its wait status. */
int test_wait(pid_t pid);

/* Runs body(argument) in a child, which exits with 0 if it returns; returns its status. */
int status_of(void (*body)(void *), void *argument);

/* Whether a child that runs body(argument) is killed by the signal. */
int dies_of(int signal, void (*body)(void *), void *argument);

/* Makes a file with the given bytes. */
void make_file(const char *name, const void *bytes, size_t count);

/* `pages` anonymous pages, readable and writable, behind which nothing is mapped. */
char *map_before_hole(int pages);

/* `pages` private anonymous pages, or shared ones. */
char *map_pages(int pages, int sharing);

/* What `usertests --child MODE ARGUMENTS` does: the second half of exec tests. */
int run_exec_child(int argc, char **argv);
int nothing_is_locked(void);	/* lock.c's: 0 if so */

#endif
