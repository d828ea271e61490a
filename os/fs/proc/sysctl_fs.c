/*
 * /proc/sys/fs: how many names and inodes are cached, and how many of them nobody uses; how
 * many files are open, and may be.
 */
#include "fs/internal.h"
#include "fs/proc/proc.h"

/* 2.4's age limit in seconds; nobody acts on it, there or here. */
#define AGE_LIMIT	45

int show_dentry_state(struct text *text, int pid)
{
	text_printf(text, "%lu\t%lu\t%d\t0\t0\t0\n", nr_dentries, nr_unused_dentries,
		    AGE_LIMIT);
	return 0;
}

int show_inode_nr(struct text *text, int pid)
{
	text_printf(text, "%lu\t%lu\n", nr_inodes, nr_unused_inodes);
	return 0;
}

/* The same, and five numbers that mean nothing any more. */
int show_inode_state(struct text *text, int pid)
{
	text_printf(text, "%lu\t%lu\t0\t0\t0\t0\t0\n", nr_inodes, nr_unused_inodes);
	return 0;
}

/* Records in use, those kept for later (none here), and the limit. */
int show_file_nr(struct text *text, int pid)
{
	text_printf(text, "%d\t0\t%u\n", atomic_read(&nr_files), max_files);
	return 0;
}

int show_file_max(struct text *text, int pid)
{
	text_printf(text, "%u\n", max_files);
	return 0;
}

int store_file_max(const char *words)
{
	return parse_number(words, INT_MAX, &max_files);
}
