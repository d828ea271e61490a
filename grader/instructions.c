/*
 * A plugin for QEMU: counts the instructions that a guest of one CPU executes in its kernel.
 *
 * Arguments: out=FILE, eight bytes that hold the count at any time; from=ADDRESS, the lowest
 * of the kernel's. A CPU that halts executes nothing, so waiting does not count, and neither
 * do programs. Interrupted blocks count whole: the error is under a thousandth.
 *
 * Version 1 of the interface, of which these are the parts used: QEMU installs no header.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PUBLIC	__attribute__((visibility("default")))

struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum { INLINE_ADD_U64 = 0 };

typedef void translated_t(uint64_t id, struct qemu_plugin_tb *block);
void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, translated_t *callback);
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *block, int operation,
					      void *counter, uint64_t amount);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *block);

PUBLIC int qemu_plugin_version = 1;

static uint64_t *count;
static uint64_t kernel_from;

static void translated(uint64_t id, struct qemu_plugin_tb *block)
{
	(void)id;
	if (qemu_plugin_tb_vaddr(block) >= kernel_from)
		qemu_plugin_register_vcpu_tb_exec_inline(block, INLINE_ADD_U64, count,
							 qemu_plugin_tb_n_insns(block));
}

PUBLIC int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv)
{
	int file = -1;

	(void)info;
	for (int i = 0; i < argc; i++) {
		if (strncmp(argv[i], "out=", 4) == 0)
			file = open(argv[i] + 4, O_RDWR | O_CREAT, 0600);
		else if (strncmp(argv[i], "from=", 5) == 0)
			kernel_from = strtoull(argv[i] + 5, NULL, 0);
	}
	if (file < 0 || ftruncate(file, sizeof(*count)) != 0)
		return -1;
	count = mmap(NULL, sizeof(*count), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	close(file);
	if (count == MAP_FAILED)
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
