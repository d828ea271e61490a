/* System calls about the whole machine. */
#include "arch/context.h"
#include "fs/fs.h"
#include "kernel/process.h"
#include "kernel/syscalls.h"
#include "kernel/time.h"
#include "kernel/uaccess.h"
#include "lib/div64.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/cache/buffer.h"
#include "mm/reclaim/policy.h"
#include "mm/swap/swap.h"
#include "mm/zone.h"

#define REBOOT_MAGIC1		0xfee1deadu
#define REBOOT_MAGIC2		672274793u	/* Linux takes three dates more */
#define REBOOT_RESTART		0x01234567u
#define REBOOT_HALT		0xcdef0123u
#define REBOOT_POWER_OFF	0x4321fedcu
#define REBOOT_CAD_ON		0x89abcdefu
#define REBOOT_CAD_OFF		0u

#define LOAD_SHIFT	(16 - 11)	/* from our fraction bits to Linux's */

struct user_sysinfo {
	long uptime;			/* seconds */
	unsigned long loads[3];		/* with 16 fraction bits */
	unsigned long totalram, freeram, sharedram, bufferram;	/* in mem_unit, */
	unsigned long totalswap, freeswap;			/* as these */
	u16 procs, pad;
	unsigned long totalhigh, freehigh;
	u32 mem_unit;			/* bytes */
	char fill[20 - 2 * sizeof(long) - sizeof(int)];
};

struct user_utsname {
	char sysname[65], nodename[65], release[65], version[65], machine[65], domain[65];
};

long sys_sysinfo(struct user_sysinfo *user)
{
	struct user_sysinfo info;

	memset(&info, 0, sizeof(info));
	info.uptime = (long)div64_u32(clock_ns(), 1000000000u, NULL);
	for (unsigned i = 0; i < 3; i++)
		info.loads[i] = load_averages[i] << LOAD_SHIFT;
	info.mem_unit = PAGE_SIZE;
	info.totalram = num_physpages;
	info.freeram = nr_free_pages_snapshot();
	info.bufferram = policy->dirties_pages ? nr_blockdev_pages() : buffermem_pages;
	info.totalswap = total_swap_pages;
	info.freeswap = nr_swap_pages > 0 ? (unsigned long)nr_swap_pages : 0;
	info.procs = (u16)nr_tasks;
	for_each_zone(zone)
		if (zone->type == ZONE_HIGHMEM) {
			info.totalhigh += zone->present_pages;
			info.freehigh += zone_free_pages_snapshot(zone);
		}
	return put_user(info, user);
}

long sys_uname(struct user_utsname *user)
{
	struct user_utsname name;

	memset(&name, 0, sizeof(name));
	copy_string(name.sysname, "Highwater", sizeof(name.sysname));
	copy_string(name.nodename, "highwater", sizeof(name.nodename));
	snprintf(name.release, sizeof(name.release), "%s.0", policy->name);
	copy_string(name.version, "#1 SMP", sizeof(name.version));
	copy_string(name.machine, sizeof(long) == 8 ? "x86_64" : "i686",
		    sizeof(name.machine));
	copy_string(name.domain, "(none)", sizeof(name.domain));
	return put_user(name, user);
}

/* Leaves the disks as after a clean shutdown. A harness gets STATUS, which Linux ignores. */
static void go_down(unsigned command, unsigned long status) __noreturn;

static void go_down(unsigned command, unsigned long status)
{
	fs_shutdown();
	if (command == REBOOT_RESTART)
		machine_reboot();
	machine_poweroff((int)status);
}

long sys_reboot(unsigned magic1, unsigned magic2, unsigned command, unsigned long status)
{
	if (current->euid != 0)
		return -EPERM;
	if (magic1 != REBOOT_MAGIC1 || magic2 != REBOOT_MAGIC2)
		return -EINVAL;
	switch (command) {
	case REBOOT_RESTART:
	case REBOOT_HALT:
	case REBOOT_POWER_OFF:
		go_down(command, status);
	case REBOOT_CAD_ON:
	case REBOOT_CAD_OFF:
		return 0;	/* this console has no such keys */
	default:
		return -EINVAL;
	}
}
