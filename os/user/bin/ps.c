/* ps: the processes, from /proc/PID/status. Sizes in KiB; kernel threads have none. */
#include <limits.h>
#include <procfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_PROCESSES	1024

static long pids[MAX_PROCESSES];
static int nr_pids;

/* Keeps the list sorted: directories of /proc may come in any order. */
static void add_pid(long pid)
{
	int at = nr_pids;

	if (nr_pids == MAX_PROCESSES)
		return;
	for (; at > 0 && pids[at - 1] > pid; at--)
		pids[at] = pids[at - 1];
	pids[at] = pid;
	nr_pids++;
}

static void find_processes(void)
{
	char buffer[2048] __attribute__((aligned(8)));
	int fd = open("/proc", O_RDONLY | O_DIRECTORY);
	ssize_t count;

	if (fd < 0)
		die(1, "/proc");
	while ((count = getdents64(fd, buffer, sizeof(buffer))) > 0) {
		for (ssize_t at = 0; at < count;) {
			struct dirent64 *entry = (struct dirent64 *)(buffer + at);
			long pid;

			if (parse_number(entry->d_name, 1, INT_MAX, &pid) == 0)
				add_pid(pid);
			at += entry->d_reclen;
		}
	}
	if (count < 0)
		die(1, "/proc");
	close(fd);
}

static void print_process(long pid)
{
	char path[32], name[32], state[8];
	char *status;
	long long size, resident, swapped;

	snprintf(path, sizeof(path), "/proc/%ld/status", pid);
	status = read_whole_file(path, NULL);
	if (!status)
		return;		/* it ended meanwhile */
	proc_string(status, "Name:", name, sizeof(name));
	proc_string(status, "State:", state, 2);
	size = proc_value(status, "VmSize:");
	resident = proc_value(status, "VmRSS:");
	swapped = proc_value(status, "VmSwap:");
	printf("%5ld %5lld %4s %8lld %8lld %8lld ", pid, proc_value(status, "PPid:"), state,
	       size < 0 ? 0 : size, resident < 0 ? 0 : resident, swapped < 0 ? 0 : swapped);
	printf(size < 0 ? "[%s]\n" : "%s\n", name);
	free(status);
}

int main(int argc, char **argv)
{
	if (getopt(argc, argv, "") != -1 || optind != argc)
		usage("");
	find_processes();
	printf("%5s %5s %4s %8s %8s %8s %s\n", "PID", "PPID", "STAT", "VSZ", "RSS", "SWAP",
	       "COMMAND");
	for (int i = 0; i < nr_pids; i++)
		print_process(pids[i]);
	return 0;
}
