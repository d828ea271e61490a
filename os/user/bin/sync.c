/* sync: has everything written to the disks, and waits for it. */
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	if (getopt(argc, argv, "") != -1 || optind != argc)
		usage("");
	sync();
	return 0;
}
