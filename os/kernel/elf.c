/*
 * ELF programs: statically linked, for this machine's word size.
 *
 * Nothing in a file is trusted: each header field that we use is checked, and a program
 * that breaks a rule is refused with ENOEXEC before anything has been mapped.
 */
#include "arch/machine.h"
#include "fs/fs.h"
#include "kernel/exec.h"
#include "kernel/uaccess.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/vm/vm.h"

#define ELFCLASS32	1
#define ELFCLASS64	2
#define ELFDATA2LSB	1
#define EV_CURRENT	1
#define ET_EXEC		2
#define EM_386		3
#define EM_X86_64	62
#define PT_LOAD		1
#define PT_INTERP	3
#define PF_X		1
#define PF_W		2
#define PF_R		4

#define WORD_64		(sizeof(long) == 8)
#define MAX_PHDRS	64

/* Room that a program leaves for its stack at the top of user space. */
#define STACK_RESERVE	(8ul << 20)

/* The same text serves both classes: addresses and offsets are as wide as a register. */
struct elf_header {
	u8 ident[16];		/* magic, class, byte order, version */
	u16 type, machine;
	u32 version;
	unsigned long entry;
	unsigned long phoff;	/* program headers, bytes from the start of the file */
	unsigned long shoff;
	u32 flags;
	u16 ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

/* Program headers; the classes order their fields differently. */
struct phdr32 {
	u32 type, offset, vaddr, paddr, filesz, memsz, flags, align;
};

struct phdr64 {
	u32 type, flags;
	u64 offset, vaddr, paddr, filesz, memsz, align;
};

union raw_phdr {
	struct phdr32 h32;
	struct phdr64 h64;
};

static size_t phdr_size(void)
{
	return WORD_64 ? sizeof(struct phdr64) : sizeof(struct phdr32);
}

/* Fills SEGMENT from a program header, and returns the header's type. */
static u32 decode_phdr(const union raw_phdr *raw, struct segment *segment)
{
	u32 flags = WORD_64 ? raw->h64.flags : raw->h32.flags;

	segment->offset = WORD_64 ? (unsigned long)raw->h64.offset : raw->h32.offset;
	segment->vaddr = WORD_64 ? (unsigned long)raw->h64.vaddr : raw->h32.vaddr;
	segment->filesz = WORD_64 ? (unsigned long)raw->h64.filesz : raw->h32.filesz;
	segment->memsz = WORD_64 ? (unsigned long)raw->h64.memsz : raw->h32.memsz;
	segment->flags = (flags & PF_R ? VM_READ : 0) | (flags & PF_W ? VM_WRITE : 0) |
			 (flags & PF_X ? VM_EXEC : 0);
	return WORD_64 ? raw->h64.type : raw->h32.type;
}

static bool header_ok(const struct elf_header *header)
{
	static const u8 magic[4] = { 0x7f, 'E', 'L', 'F' };

	return memcmp(header->ident, magic, sizeof(magic)) == 0 &&
	       header->ident[4] == (WORD_64 ? ELFCLASS64 : ELFCLASS32) &&
	       header->ident[5] == ELFDATA2LSB && header->ident[6] == EV_CURRENT &&
	       header->type == ET_EXEC &&
	       header->machine == (WORD_64 ? EM_X86_64 : EM_386) &&
	       header->version == EV_CURRENT && header->phentsize == phdr_size() &&
	       header->phnum >= 1 && header->phnum <= MAX_PHDRS;
}

/* Does the segment lie in the file, in user space, and behind the one before it? */
static bool segment_ok(const struct segment *segment, u64 file_size, unsigned long lowest)
{
	const unsigned long limit = TASK_SIZE - STACK_RESERVE;

	return segment->filesz <= segment->memsz &&
	       segment->offset <= file_size && segment->filesz <= file_size - segment->offset &&
	       segment->vaddr >= lowest && segment->vaddr < limit &&
	       segment->memsz <= limit - segment->vaddr &&
	       (segment->offset - segment->vaddr) % PAGE_SIZE == 0 &&
	       /* The rest of the last page must be cleared, so it must be writable. */
	       (segment->filesz == segment->memsz || segment->flags & VM_WRITE);
}

static int add_segment(struct elf_image *image, const struct segment *segment, u64 file_size)
{
	unsigned long lowest = image->nr_segments ? PAGE_ALIGN(image->end) : PAGE_SIZE;

	if (segment->memsz == 0)
		return 0;
	if (image->nr_segments == MAX_SEGMENTS || !segment_ok(segment, file_size, lowest))
		return -ENOEXEC;
	image->segments[image->nr_segments++] = *segment;
	image->end = segment->vaddr + segment->memsz;
	return 0;
}

/* Where the segments put the byte at OFFSET of the file, 0: nowhere. */
static unsigned long mapped_at(const struct elf_image *image, unsigned long offset)
{
	for (unsigned i = 0; i < image->nr_segments; i++) {
		const struct segment *segment = &image->segments[i];

		if (offset >= segment->offset && offset - segment->offset < segment->filesz)
			return segment->vaddr + (offset - segment->offset);
	}
	return 0;
}

static bool entry_ok(const struct elf_image *image)
{
	for (unsigned i = 0; i < image->nr_segments; i++) {
		const struct segment *segment = &image->segments[i];

		if (segment->flags & VM_EXEC && image->entry >= segment->vaddr &&
		    image->entry - segment->vaddr < segment->filesz)
			return true;
	}
	return false;
}

int elf_read(struct file *file, struct elf_image *image)
{
	struct elf_header header;
	long got = kernel_read(file, &header, sizeof(header), 0);

	if (got < 0)
		return (int)got;
	if (got != sizeof(header) || !header_ok(&header))
		return -ENOEXEC;
	memset(image, 0, sizeof(*image));
	image->entry = header.entry;
	image->phnum = header.phnum;
	image->phent = header.phentsize;
	for (unsigned i = 0; i < header.phnum; i++) {
		u64 pos = (u64)header.phoff + i * phdr_size();
		struct segment segment;
		union raw_phdr raw;
		u32 type;

		got = kernel_read(file, &raw, phdr_size(), pos);
		if (got < 0)
			return (int)got;
		if (got != (long)phdr_size())
			return -ENOEXEC;
		type = decode_phdr(&raw, &segment);
		/* No program here wants a dynamic linker, and none is on the disk. */
		if (type == PT_INTERP ||
		    (type == PT_LOAD && add_segment(image, &segment, file->inode->size)))
			return -ENOEXEC;
	}
	image->phdr = mapped_at(image, header.phoff);
	return entry_ok(image) ? 0 : -ENOEXEC;
}

static int map_segment(struct mm_struct *mm, struct file *file, const struct segment *segment)
{
	unsigned long start = segment->vaddr & PAGE_MASK;
	unsigned long file_end = PAGE_ALIGN(segment->vaddr + segment->filesz);
	unsigned long end = PAGE_ALIGN(segment->vaddr + segment->memsz);
	long at;

	if (segment->filesz == 0)
		file_end = start;
	if (file_end > start) {
		at = map_area(mm, start, file_end - start, segment->flags, file,
			      segment->offset / PAGE_SIZE, true);
		if (IS_ERR((void *)at))
			return (int)at;
	}
	if (end > file_end) {
		at = map_area(mm, file_end, end - file_end, segment->flags, NULL, 0, true);
		if (IS_ERR((void *)at))
			return (int)at;
	}
	return 0;
}

int elf_map(struct mm_struct *mm, struct file *file, const struct elf_image *image)
{
	int error = 0;

	for (unsigned i = 0; i < image->nr_segments && !error; i++)
		error = map_segment(mm, file, &image->segments[i]);
	if (error)
		return error;
	mm->start_brk = PAGE_ALIGN(image->end);
	mm->brk = mm->start_brk;
	return 0;
}

int elf_clear_tails(const struct elf_image *image)
{
	for (unsigned i = 0; i < image->nr_segments; i++) {
		const struct segment *segment = &image->segments[i];
		unsigned long start = segment->vaddr + segment->filesz;

		if (segment->filesz && segment->memsz > segment->filesz &&
		    clear_user((void *)start, PAGE_ALIGN(start) - start))
			return -EFAULT;
	}
	return 0;
}
