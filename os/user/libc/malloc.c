/*
 * malloc over brk: one list of free blocks in address order, first fit, neighbours joined
 * when a block comes back. Memory is never returned to the kernel.
 *
 * Invariants: sizes are multiples of ALIGN and include the header; no two blocks on the
 * list touch.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ALIGN		16
#define GROW_BYTES	(16 * PAGE_SIZE)

/* What stands before each block; `next` counts only while the block is free. */
struct block {
	size_t size;		/* bytes with this header */
	struct block *next;	/* the next free block at a higher address */
};

#define HEADER	((sizeof(struct block) + ALIGN - 1) & ~(size_t)(ALIGN - 1))

static struct block *free_list;

static char *end_of(struct block *block)
{
	return (char *)block + block->size;
}

static void give_back(struct block *block)
{
	struct block **link = &free_list, *before = NULL;

	while (*link && *link < block) {
		before = *link;
		link = &before->next;
	}
	block->next = *link;
	*link = block;
	if (block->next && end_of(block) == (char *)block->next) {
		block->size += block->next->size;
		block->next = block->next->next;
	}
	if (before && end_of(before) == (char *)block) {
		before->size += block->size;
		before->next = block->next;
	}
}

static int grow(size_t needed)
{
	size_t bytes = (needed + ALIGN + GROW_BYTES - 1) / GROW_BYTES * GROW_BYTES;
	char *start;
	struct block *block;

	if (bytes < needed || bytes > PTRDIFF_MAX)
		return -1;
	start = sbrk(bytes);
	if (start == (char *)-1)
		return -1;
	block = (struct block *)(((uintptr_t)start + ALIGN - 1) & ~(uintptr_t)(ALIGN - 1));
	block->size = (start + bytes - (char *)block) & ~(size_t)(ALIGN - 1);
	give_back(block);
	return 0;
}

/* Takes the first free block that fits, cutting off what is too much; NULL if none does. */
static struct block *take(size_t size)
{
	for (struct block **link = &free_list; *link; link = &(*link)->next) {
		struct block *block = *link, *rest;

		if (block->size < size)
			continue;
		if (block->size - size <= HEADER) {
			*link = block->next;
			return block;
		}
		rest = (struct block *)((char *)block + size);
		rest->size = block->size - size;
		rest->next = block->next;
		*link = rest;
		block->size = size;
		return block;
	}
	return NULL;
}

void *malloc(size_t bytes)
{
	size_t size = (bytes + HEADER + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	struct block *block;

	if (size < bytes) {
		errno = ENOMEM;
		return NULL;
	}
	block = take(size);
	if (!block && grow(size) == 0)
		block = take(size);
	if (!block) {
		errno = ENOMEM;
		return NULL;
	}
	return (char *)block + HEADER;
}

void free(void *pointer)
{
	if (pointer)
		give_back((struct block *)((char *)pointer - HEADER));
}

void *realloc(void *pointer, size_t bytes)
{
	size_t held;
	void *copy;

	if (!pointer)
		return malloc(bytes);
	held = ((struct block *)((char *)pointer - HEADER))->size - HEADER;
	if (bytes <= held)
		return pointer;
	copy = malloc(bytes);
	if (copy) {
		memcpy(copy, pointer, held);
		free(pointer);
	}
	return copy;
}

void *xmalloc(size_t bytes)
{
	return xrealloc(NULL, bytes);
}

void *xrealloc(void *pointer, size_t bytes)
{
	void *block = realloc(pointer, bytes);

	if (!block)
		die(1, "%zu bytes", bytes);
	return block;
}
