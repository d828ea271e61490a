/*
 * From the first C code to process 1.
 *
 * kernel_main runs on the boot CPU as its idle task, which may not sleep. So what needs to
 * sleep, from mounting the root on, is done by a kernel thread, which becomes process 1 by
 * running its program. The order is the one in arch/boot.h.
 */
#include "arch/boot.h"
#include "arch/context.h"
#include "block/block.h"
#include "fs/fs.h"
#include "kernel/process.h"
#include "kernel/sched.h"
#include "kernel/syscall.h"
#include "kernel/tty.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/reclaim/policy.h"
#include "mm/slab/slab.h"
#include "mm/swap/swap.h"

#define MAX_INIT_WORDS	64

static void mount_root_device(void)
{
	struct block_device *dev = find_block_device(boot_options.root);
	int error;

	if (!dev)
		panic("root=%s: no such disk", boot_options.root);
	error = mount_root(dev);
	if (error)
		panic("root=%s: cannot mount it: error %d", boot_options.root, -error);
}

static void swap_at_boot(void)
{
	char path[32];
	int error;

	if (!*boot_options.swap)
		return;
	snprintf(path, sizeof(path), "/dev/%s", boot_options.swap);
	error = swap_on(path, 0);
	if (error)
		printk("swap=%s: error %d\n", boot_options.swap, -error);
}

/* Cuts boot_options.init at its blanks. */
static void init_words(char *line, const char *argv[MAX_INIT_WORDS + 1])
{
	unsigned count = 0;

	while (*line && count < MAX_INIT_WORDS) {
		argv[count++] = line;
		line = strchr(line, ' ');
		if (!line)
			break;
		for (; *line == ' '; line++)
			*line = '\0';
	}
	argv[count] = NULL;
}

/* Process 1 starts with the console as its standard files, as on Linux. */
static void open_console(void)
{
	struct file *console = file_open("/dev/console", O_RDWR, 0);

	if (IS_ERR(console)) {
		printk("no /dev/console: error %ld\n", -PTR_ERR(console));
		return;
	}
	current->files[0] = console;
	current->files[1] = file_get(console);
	current->files[2] = file_get(console);
}

static void run_init(void)
{
	static char line[2 * sizeof(boot_info.cmdline)];
	static const char *argv[MAX_INIT_WORDS + 1];
	static const char *const envp[] = { "PATH=/bin", "HOME=/", "TERM=vt100", NULL };
	const struct exec_strings strings = { argv, envp, true };
	int error;

	copy_string(line, boot_options.init, sizeof(line));
	init_words(line, argv);
	error = do_exec(argv[0], &strings);
	if (error)
		panic("init=%s: cannot run it: error %d", argv[0], -error);
	context_return_to_user();
}

static void init_main(void *unused)
{
	smp_start();
	printk("%u CPU%s, reclaim of Linux %s\n", nr_cpus, nr_cpus == 1 ? "" : "s",
	       policy->name);
	slab_start_arrays();
	tty_init();
	fs_init();
	policy->start();
	overflow_on_purpose("init");
	mount_root_device();
	current->cwd = dget(fs_root);
	swap_at_boot();
	open_console();
	run_init();
}

void kernel_main(void)
{
	machine_early_init();
	printk("Highwater\n");
	parse_options();
	mm_boot();
	if (boot_options.page_cluster)
		page_cluster = boot_options.page_cluster;
	machine_init();
	sched_init();
	task_init();
	syscall_init();
	init_task = kthread_start("init", init_main, NULL);
	if (!init_task)
		panic("no memory for process 1");
	overflow_on_purpose("idle");
	idle_loop();
}
