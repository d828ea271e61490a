/* reboot, poweroff: one program; the name by which it is called says what to do. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int off = strcmp(program_name, "poweroff") == 0;

	if (getopt(argc, argv, "") != -1 || optind != argc)
		usage("");
	sync();
	reboot(off ? LINUX_REBOOT_CMD_POWER_OFF : LINUX_REBOOT_CMD_RESTART, 0);
	die(1, "refused");
}
