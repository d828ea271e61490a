/* Port and memory-mapped device registers. */
#ifndef X86_IO_H
#define X86_IO_H

#include "lib/types.h"

static inline void outb(u16 port, u8 value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline void outw(u16 port, u16 value)
{
	__asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline void outl(u16 port, u32 value)
{
	__asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline u8 inb(u16 port)
{
	u8 value;

	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

static inline u16 inw(u16 port)
{
	u16 value;

	__asm__ volatile("inw %1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

static inline u32 inl(u16 port)
{
	u32 value;

	__asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

static inline u8 mmio_read8(const volatile void *address)
{
	return *(const volatile u8 *)address;
}

static inline u16 mmio_read16(const volatile void *address)
{
	return *(const volatile u16 *)address;
}

static inline u32 mmio_read32(const volatile void *address)
{
	return *(const volatile u32 *)address;
}

static inline void mmio_write8(volatile void *address, u8 value)
{
	*(volatile u8 *)address = value;
}

static inline void mmio_write16(volatile void *address, u16 value)
{
	*(volatile u16 *)address = value;
}

static inline void mmio_write32(volatile void *address, u32 value)
{
	*(volatile u32 *)address = value;
}

/*
 * Maps device memory or a firmware table, uncached, for ever. Works before the page
 * allocator. NULL if the window for such mappings is full.
 */
void *mmio_map(u64 physical, size_t bytes);

#endif
