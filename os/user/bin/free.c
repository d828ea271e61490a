/* free: how memory and swap are used, from /proc/meminfo. In KiB; -m in MiB. */
#include <procfile.h>
#include <stdio.h>
#include <stdlib.h>

static char *meminfo;
static long long divisor = 1;

/* A value in the chosen unit; what the kernel does not report counts as 0. */
static long long value(const char *name)
{
	long long kib = proc_value(meminfo, name);

	return kib < 0 ? 0 : kib / divisor;
}

int main(int argc, char **argv)
{
	long long total, unused, swap_total, swap_free;
	int option;

	while ((option = getopt(argc, argv, "km")) != -1) {
		if (option == '?')
			usage("[-k | -m]");
		divisor = option == 'm' ? 1024 : 1;
	}
	if (optind != argc)
		usage("[-k | -m]");
	meminfo = read_whole_file("/proc/meminfo", NULL);
	if (!meminfo)
		die(1, "/proc/meminfo");
	total = value("MemTotal:");
	unused = value("MemFree:");
	swap_total = value("SwapTotal:");
	swap_free = value("SwapFree:");
	printf("%-5s %11s %11s %11s %11s %11s\n", "", "total", "used", "free", "buffers",
	       "cached");
	printf("%-5s %11lld %11lld %11lld %11lld %11lld\n", "Mem:", total, total - unused,
	       unused, value("Buffers:"), value("Cached:"));
	printf("%-5s %11lld %11lld %11lld\n", "Swap:", swap_total, swap_total - swap_free,
	       swap_free);
	return 0;
}
