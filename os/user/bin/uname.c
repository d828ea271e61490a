/* uname: prints what the system is called. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	static const char letters[] = "snrvm";
	struct utsname names;
	unsigned int wanted = 0;
	int option;

	while ((option = getopt(argc, argv, "asnrvm")) != -1) {
		if (option == '?')
			usage("[-a] [-s] [-n] [-r] [-v] [-m]");
		wanted |= option == 'a' ? 31 : 1u << (strchr(letters, option) - letters);
	}
	if (optind != argc)
		usage("[-a] [-s] [-n] [-r] [-v] [-m]");
	if (uname(&names) != 0)
		die(1, "uname");
	if (wanted == 0)
		wanted = 1;
	const char *const text[] = {
		names.sysname, names.nodename, names.release, names.version, names.machine,
	};
	for (int i = 0; i < 5; i++)
		if (wanted >> i & 1)
			printf("%s%s", text[i], wanted >> (i + 1) ? " " : "\n");
	return 0;
}
