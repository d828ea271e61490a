/* The two steps of boot that the kernel asks of a PC (arch/boot.h). */
#include "arch/boot.h"
#include "arch/x86/apic.h"
#include "arch/x86/machine_x86.h"
#include "arch/x86/pci.h"
#include "block/block.h"

void machine_early_init(void)
{
	direct_map_init();
	irq_init();
	acpi_init();
	apic_enable();
	clock_init();
}

void machine_init(void)
{
	direct_map_trim();
	uart_init();
	pci_init();
	virtio_blk_init();
	timer_start();		/* the first tick comes when the scheduler lets it */
}
