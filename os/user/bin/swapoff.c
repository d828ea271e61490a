/* swapoff: brings the pages of swap areas back and takes the areas out of use. */
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int failed = 0;

	if (getopt(argc, argv, "") != -1 || optind == argc)
		usage("FILE...");
	for (int i = optind; i < argc; i++)
		if (swapoff(argv[i]) != 0) {
			warn("%s", argv[i]);
			failed = 1;
		}
	return failed;
}
