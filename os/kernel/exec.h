/* The three parts of exec: strings, ELF, and the order in which it all happens. */
#ifndef KERNEL_EXEC_H
#define KERNEL_EXEC_H

#include "kernel/process.h"

struct file;
struct mm_struct;

#define MAX_ARG_PAGES	32	/* argument strings and the pointers to them */
#define MAX_SEGMENTS	16	/* PT_LOAD headers of a program */

/* exec_args.c: argument and environment strings on their way to the new stack. */
struct exec_args {
	char *pages[MAX_ARG_PAGES];	/* the strings with their NULs, one after the other */
	size_t used;			/* bytes in them */
	unsigned argc, envc;		/* argv's strings come first */
};

/* One more string: 0, -E2BIG, -EFAULT or -ENOMEM. */
int args_add(struct exec_args *args, const char *string, bool kernel);
/* All of argv, but the first SKIP, and envp. */
int args_collect(struct exec_args *args, const struct exec_strings *strings, unsigned skip);
void args_free(struct exec_args *args);

/* elf.c: what a program's headers say. */
struct segment {
	unsigned long offset;		/* in the file, bytes */
	unsigned long vaddr;		/* first byte in memory */
	unsigned long filesz, memsz;	/* bytes; what is not in the file is zero */
	unsigned flags;			/* VM_READ … */
};

struct elf_image {
	unsigned long entry;		/* first instruction */
	unsigned long phdr;		/* the program headers in memory, 0: not mapped */
	unsigned phnum, phent;		/* their number and size */
	unsigned long end;		/* first byte behind the highest segment */
	unsigned nr_segments;
	struct segment segments[MAX_SEGMENTS];
};

/* Reads and checks all headers: 0, -ENOEXEC, or an error of the file system. */
int elf_read(struct file *file, struct elf_image *image);
/* Adds the areas to MM; mmap_sem held. */
int elf_map(struct mm_struct *mm, struct file *file, const struct elf_image *image);
/* Clears the ends of segments in the current address space: 0 or -EFAULT. */
int elf_clear_tails(const struct elf_image *image);

/* The bytes that the strings and tables need on the stack, and writing them: the new
   stack pointer into *SP. 0 or -EFAULT. */
size_t args_stack_bytes(const struct exec_args *args);
int args_write_stack(const struct exec_args *args, const struct elf_image *image,
		     unsigned long top, unsigned long *sp);

#endif
