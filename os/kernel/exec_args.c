/*
 * Arguments of exec: copied from the old address space into pages of the kernel, and from
 * there to the top of the new stack, which starts out as on Linux:
 *
 *	top	strings of argv, then of envp
 *		auxiliary vector: pairs of words, AT_NULL last
 *		envp's pointers, NULL
 *		argv's pointers, NULL
 *	sp	argc
 */
#include "arch/machine.h"
#include "kernel/exec.h"
#include "kernel/uaccess.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/alloc/alloc.h"

/* Kinds of entries in the auxiliary vector. */
enum {
	AT_NULL, AT_PHDR = 3, AT_PHENT, AT_PHNUM, AT_PAGESZ, AT_BASE, AT_FLAGS, AT_ENTRY,
	AT_UID = 11, AT_EUID, AT_GID, AT_EGID, AT_CLKTCK = 17
};

#define NR_AUX_WORDS	26
#define STACK_ALIGN	16ul

/* Words are collected here before they are copied to the stack. */
struct word_writer {
	unsigned long *to;		/* user address of words[0] */
	unsigned count;
	unsigned long words[32];
};

static size_t table_words(const struct exec_args *args)
{
	return 1 + args->argc + 1 + args->envc + 1 + NR_AUX_WORDS;
}

size_t args_stack_bytes(const struct exec_args *args)
{
	return args->used + table_words(args) * sizeof(long) + 2 * STACK_ALIGN;
}

/* What the caller's piece of a string is worth: its bytes with the NUL, or ROOM if longer. */
static long copy_piece(char *to, const char *string, size_t room, bool kernel)
{
	long length;

	if (kernel) {
		size_t bytes = strnlen(string, room);

		bytes = bytes < room ? bytes + 1 : room;
		memcpy(to, string, bytes);
		return (long)bytes;
	}
	length = strncpy_from_user(to, string, room);
	if (length == -ENAMETOOLONG)
		return copy_from_user(to, string, room) ? -EFAULT : (long)room;
	return length < 0 ? length : length + 1;
}

int args_add(struct exec_args *args, const char *string, bool kernel)
{
	const size_t most = MAX_ARG_PAGES * PAGE_SIZE;
	long bytes;
	char *at;

	do {
		unsigned page = (unsigned)(args->used / PAGE_SIZE);
		size_t room = PAGE_SIZE - args->used % PAGE_SIZE;

		if (args_stack_bytes(args) + sizeof(long) >= most)
			return -E2BIG;
		if (!args->pages[page])
			args->pages[page] = __get_free_pages(GFP_KERNEL, 0);
		if (!args->pages[page])
			return -ENOMEM;
		at = args->pages[page] + args->used % PAGE_SIZE;
		bytes = copy_piece(at, string, room, kernel);
		if (bytes < 0)
			return (int)bytes;
		args->used += (size_t)bytes;
		string += bytes;
	} while (at[bytes - 1] != '\0');
	return 0;
}

static int collect(struct exec_args *args, const char *const *strings, bool kernel,
		   unsigned skip, unsigned *count)
{
	const char *string;

	if (!strings)
		return 0;
	for (;; strings++) {
		int error;

		if (kernel)
			string = *strings;
		else if (get_user(string, strings))
			return -EFAULT;
		if (!string)
			return 0;
		if (skip) {
			skip--;
			continue;
		}
		error = args_add(args, string, kernel);
		if (error)
			return error;
		(*count)++;
	}
}

int args_collect(struct exec_args *args, const struct exec_strings *strings, unsigned skip)
{
	int error = collect(args, strings->argv, strings->kernel, skip, &args->argc);

	if (!error)
		error = collect(args, strings->envp, strings->kernel, 0, &args->envc);
	return error;
}

void args_free(struct exec_args *args)
{
	for (unsigned i = 0; i < MAX_ARG_PAGES; i++)
		if (args->pages[i])
			free_pages_virt(args->pages[i], 0);
}

/* The offset behind the string that starts at OFFSET. */
static size_t next_string(const struct exec_args *args, size_t offset)
{
	for (;;) {
		size_t room = PAGE_SIZE - offset % PAGE_SIZE;
		size_t length = strnlen(args->pages[offset / PAGE_SIZE] + offset % PAGE_SIZE,
					room);

		if (length < room)
			return offset + length + 1;
		offset += room;
	}
}

static int flush_words(struct word_writer *writer)
{
	size_t bytes = writer->count * sizeof(long);

	if (copy_to_user(writer->to, writer->words, bytes))
		return -EFAULT;
	writer->to += writer->count;
	writer->count = 0;
	return 0;
}

static int write_word(struct word_writer *writer, unsigned long word)
{
	writer->words[writer->count++] = word;
	return writer->count == ARRAY_SIZE(writer->words) ? flush_words(writer) : 0;
}

/* Pointers to COUNT strings from *OFFSET on, and a NULL. */
static int write_pointers(struct word_writer *writer, const struct exec_args *args,
			  unsigned long strings, size_t *offset, unsigned count)
{
	for (; count; count--) {
		if (write_word(writer, strings + *offset))
			return -EFAULT;
		*offset = next_string(args, *offset);
	}
	return write_word(writer, 0);
}

static int write_auxv(struct word_writer *writer, const struct elf_image *image)
{
	const unsigned long aux[NR_AUX_WORDS] = {
		AT_PHDR, image->phdr, AT_PHENT, image->phent, AT_PHNUM, image->phnum,
		AT_PAGESZ, PAGE_SIZE, AT_BASE, 0, AT_FLAGS, 0, AT_ENTRY, image->entry,
		AT_UID, current->uid, AT_EUID, current->euid, AT_GID, 0, AT_EGID, 0,
		AT_CLKTCK, HZ, AT_NULL, 0,
	};

	for (unsigned i = 0; i < NR_AUX_WORDS; i++)
		if (write_word(writer, aux[i]))
			return -EFAULT;
	return flush_words(writer);
}

int args_write_stack(const struct exec_args *args, const struct elf_image *image,
		     unsigned long top, unsigned long *sp)
{
	unsigned long strings = top - args->used;
	struct word_writer writer = { .count = 0 };
	size_t offset = 0;

	for (size_t done = 0; done < args->used; done += PAGE_SIZE)
		if (copy_to_user((char *)strings + done, args->pages[done / PAGE_SIZE],
				 min(args->used - done, PAGE_SIZE)))
			return -EFAULT;
	*sp = ((strings & ~(STACK_ALIGN - 1)) - table_words(args) * sizeof(long)) &
	      ~(STACK_ALIGN - 1);
	writer.to = (unsigned long *)*sp;
	if (write_word(&writer, args->argc) ||
	    write_pointers(&writer, args, strings, &offset, args->argc) ||
	    write_pointers(&writer, args, strings, &offset, args->envc))
		return -EFAULT;
	return write_auxv(&writer, image);
}
