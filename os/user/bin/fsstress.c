/*
 * fsstress: random work on files, each checked against a copy in memory.
 *
 *   fsstress [-n OPS] [-p PROCESSES] [-s SEED] [-k KIB] [DIRECTORY]
 *
 * Each process has a directory of its own with a few files of up to KIB KiB, and writes,
 * maps, truncates, reads, renames, links and removes them; all processes rename and make
 * directories in one that they share. A full disk is no error: what a call says it did
 * not do must not have been done. Ends with status 1 if any byte was wrong. The same
 * seed gives the same calls.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NR_FILES	8

struct model {
	unsigned char *data;		/* what the file must hold; bytes behind size are 0 */
	long size;			/* -1: the file does not exist */
};

static struct model models[NR_FILES];
static long most;			/* bytes that a file may have */
static unsigned char *scratch;
static uint32_t state;
static int id;
static long full;			/* calls that found the disk full */

static uint32_t next_random(uint32_t below)
{
	state = state * 1664525u + 1013904223u;
	return (uint32_t)((uint64_t)(state >> 4) * below >> 28);
}

static const char *name_of(int file)
{
	static char name[16];

	snprintf(name, sizeof(name), "f%d", file);
	return name;
}

static _Noreturn void wrong(const char *what, int file, long at)
{
	printf("fsstress: process %d: %s of f%d is wrong at byte %ld of %ld: %s\n", id, what,
	       file, at, models[file].size, strerror(errno));
	exit(1);
}

/* The disk was full: true. Any other error is wrong. */
static int is_full(const char *what, int file)
{
	if (errno != ENOSPC)
		wrong(what, file, -1);
	full++;
	return 1;
}

static int open_file(int file, int flags)
{
	int fd = open(name_of(file), flags, 0644);

	if (fd < 0 && (!(flags & O_CREAT) || !is_full("open", file)))
		wrong("open", file, -1);
	if (fd >= 0 && models[file].size < 0)
		models[file].size = 0;
	return fd;
}

static void check_bytes(const unsigned char *got, int file, long at, long count)
{
	for (long i = 0; i < count; i++)
		if (got[i] != models[file].data[at + i]) {
			errno = 0;
			wrong("contents", file, at + i);
		}
}

static void do_write(int file)
{
	long at = (long)next_random((uint32_t)most);
	long count = 1 + (long)next_random((uint32_t)(next_random(4) ? 5000 : most - at));
	struct model *m = &models[file];
	int fd;
	ssize_t done;

	if (at + count > most)
		count = most - at;
	fd = open_file(file, O_RDWR | O_CREAT);
	if (fd < 0)
		return;
	for (long i = 0; i < count; i++)
		scratch[i] = (unsigned char)next_random(256);
	lseek(fd, at, SEEK_SET);
	done = write(fd, scratch, (size_t)count);
	if (done < 0) {
		is_full("write", file);
		done = 0;
	} else if (done < count) {
		full++;
	}
	memcpy(m->data + at, scratch, (size_t)done);
	if (done > 0 && at + done > m->size)
		m->size = at + done;
	if (next_random(16) == 0 && fsync(fd) < 0)
		is_full("fsync", file);
	close(fd);
}

static void do_truncate(int file)
{
	long size = (long)next_random((uint32_t)most);
	struct model *m = &models[file];

	if (m->size < 0)
		return;
	if (truncate(name_of(file), size) < 0) {
		is_full("truncate", file);
		return;
	}
	if (size < m->size)
		memset(m->data + size, 0, (size_t)(m->size - size));
	m->size = size;
}

static void do_check(int file)
{
	struct model *m = &models[file];
	struct stat info;
	long at = 0;
	int fd;

	if (m->size < 0) {
		if (stat(name_of(file), &info) == 0 || errno != ENOENT)
			wrong("absence", file, -1);
		return;
	}
	fd = open_file(file, O_RDONLY);
	if (fstat(fd, &info) < 0 || info.st_size != m->size)
		wrong("size", file, (long)info.st_size);
	while (at < m->size) {
		ssize_t got = read(fd, scratch, 1 + next_random(9000));

		if (got <= 0)
			wrong("read", file, at);
		check_bytes(scratch, file, at, got);
		at += got;
	}
	close(fd);
}

/* Gives blocks to the pages of a part of the file, which stays what it is. */
static int fill_holes(int fd, int file, long at, long count)
{
	struct model *m = &models[file];
	long first = at / PAGE_SIZE * PAGE_SIZE;
	long end = (at + count + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE;

	if (end > m->size)
		end = m->size;
	lseek(fd, first, SEEK_SET);
	if (write(fd, m->data + first, (size_t)(end - first)) == end - first)
		return 1;
	full++;
	return 0;
}

/*
 * Writes through a shared mapping. Only where blocks exist: a write to a hole that finds the
 * disk full is a SIGBUS.
 */
static void do_map(int file)
{
	struct model *m = &models[file];
	unsigned char *map;
	long at, count;
	int fd, may_write;

	if (m->size <= 0)
		return;
	at = (long)next_random((uint32_t)m->size);
	count = 1 + (long)next_random((uint32_t)(m->size - at));
	if (count > 6000)
		count = 6000;
	fd = open_file(file, O_RDWR);
	may_write = fill_holes(fd, file, at, count);
	map = mmap(NULL, (size_t)m->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (map == MAP_FAILED)
		wrong("mmap", file, -1);
	check_bytes(map + at, file, at, count);
	for (long i = at; i < at + count && may_write; i++)
		map[i] = m->data[i] = (unsigned char)next_random(256);
	if (next_random(4) == 0)
		msync(map, (size_t)m->size, MS_SYNC);
	munmap(map, (size_t)m->size);
}

static void do_unlink(int file)
{
	struct model *m = &models[file];

	if (m->size < 0)
		return;
	if (unlink(name_of(file)) < 0)
		wrong("unlink", file, -1);
	memset(m->data, 0, (size_t)most);
	m->size = -1;
}

static void do_rename(int file)
{
	int to = (int)next_random(NR_FILES);
	struct model old = models[to];
	char from[16];

	if (models[file].size < 0 || to == file)
		return;
	strlcpy(from, name_of(file), sizeof(from));
	if (rename(from, name_of(to)) < 0) {
		is_full("rename", file);
		return;
	}
	models[to] = models[file];
	memset(old.data, 0, (size_t)most);
	old.size = -1;
	models[file] = old;
}

static void do_link(int file)
{
	if (models[file].size < 0)
		return;
	if (link(name_of(file), "link") < 0)
		is_full("link", file);
	else if (unlink("link") < 0)
		wrong("unlink of a link", file, -1);
}

/* Names that other processes make, move and remove at the same time: all may fail. */
static void do_shared(void)
{
	char a[32], b[32];
	int fd;

	snprintf(a, sizeof(a), "../shared/d%u", (unsigned)next_random(6));
	snprintf(b, sizeof(b), "../shared/d%u/e%u", (unsigned)next_random(6),
		 (unsigned)next_random(6));
	switch (next_random(6)) {
	case 0:
		mkdir(a, 0755);
		break;
	case 1:
		rmdir(a);
		break;
	case 2:
		rename(a, b);
		break;
	case 3:
		rename(b, a);
		break;
	case 4:
		rmdir(b);
		unlink(b);
		break;
	default:
		fd = open(b, O_CREAT | O_WRONLY, 0644);
		if (fd >= 0)
			close(fd);
	}
}

static void one_call(void)
{
	int file = (int)next_random(NR_FILES);

	switch (next_random(16)) {
	case 0:
		do_truncate(file);
		break;
	case 1:
		do_unlink(file);
		break;
	case 2:
		do_rename(file);
		break;
	case 3:
		do_link(file);
		break;
	case 4:
	case 5:
		do_map(file);
		break;
	case 6:
	case 7:
		do_shared();
		break;
	case 8:
	case 9:
	case 10:
		do_check(file);
		break;
	default:
		do_write(file);
	}
}

/* Where process `id` works. */
static const char *directory_name(void)
{
	static char name[16];

	snprintf(name, sizeof(name), "p%d", id);
	return name;
}

static int work(long ops, long seed)
{
	state = (uint32_t)seed * 2654435761u + (uint32_t)id;
	if (chdir(directory_name()) < 0)
		die(1, "%s", directory_name());
	scratch = xmalloc((size_t)most + 10000);
	for (int i = 0; i < NR_FILES; i++) {
		unlink(name_of(i));
		models[i].data = xmalloc((size_t)most);
		memset(models[i].data, 0, (size_t)most);
		models[i].size = -1;
	}
	for (long i = 0; i < ops; i++)
		one_call();
	for (int i = 0; i < NR_FILES; i++) {
		do_check(i);
		do_unlink(i);
	}
	printf("fsstress: process %d: all right, disk full %ld times\n", id, full);
	return 0;
}

int main(int argc, char **argv)
{
	long ops = 1000, processes = 1, seed = 1, kib = 64, failed = 0;
	int option, status;

	while ((option = getopt(argc, argv, "n:p:s:k:")) != -1) {
		if (option == 'n')
			ops = number_argument(optarg, "number of calls", 1, LONG_MAX);
		else if (option == 'p')
			processes = number_argument(optarg, "number of processes", 1, 64);
		else if (option == 's')
			seed = number_argument(optarg, "seed", 0, LONG_MAX);
		else if (option == 'k')
			kib = number_argument(optarg, "size in KiB", 8, 1024 * 1024);
		else
			usage("[-n OPS] [-p PROCESSES] [-s SEED] [-k KIB] [DIRECTORY]");
	}
	if (argc - optind > 1)
		usage("[-n OPS] [-p PROCESSES] [-s SEED] [-k KIB] [DIRECTORY]");
	if (optind < argc && chdir(argv[optind]) < 0)
		die(1, "%s", argv[optind]);
	most = kib * 1024;
	mkdir("shared", 0755);
	for (id = 1; id <= processes; id++)
		if (mkdir(directory_name(), 0755) < 0 && errno != EEXIST)
			die(1, "%s", directory_name());
	for (id = 1; id <= processes; id++) {
		pid_t child = fork();

		if (child < 0)
			die(1, "fork");
		if (child == 0)
			exit(work(ops, seed));
	}
	while (processes-- > 0)
		if (waitpid(-1, &status, 0) < 0 || status)
			failed++;
	if (failed)
		printf("fsstress: %ld processes failed\n", failed);
	return failed ? 1 : 0;
}
