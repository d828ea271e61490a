/*
 * The system calls swapon and swapoff, and the header that mkswap writes (facts 2.4,
 * 5.1). Not part of sim, which makes its areas itself.
 *
 * Block devices can be swapped on, and files without holes, whose blocks lie on one
 * (extents.c). swapon_mutex lets one change at a time happen.
 *
 * While a file is on, nobody may write it, cut it or take its name away: inode->swap_file,
 * under its sem. The page cache has none of its pages when it begins, all having been
 * written, and forgets when it ends what readers saw meanwhile.
 *
 * The header is read through the cache of the device or of the file, and let go: the
 * original leaves its page behind for ever (Q24).
 */
#include "block/block.h"
#include "fs/fs.h"
#include "kernel/paths.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/cache/buffer.h"
#include "mm/slab/slab.h"
#include "mm/swap/swap.h"
#include "mm/vm/vm.h"
#include "mm/zone.h"

#define MAX_BAD_PAGES	637	/* that many fit between the fields and the magic */
#define SECTORS_PER_PAGE (PAGE_SIZE / SECTOR_SIZE)

/* Page 0 of a swap area, version 1 of the format whose magic is SWAPSPACE2. */
struct swap_header {
	u8 boot[1024];		/* left to boot loaders */
	u32 version;
	u32 last_page;		/* number of the last page of the area */
	u32 nr_bad;
	u8 uuid_and_label[32];
	u32 padding[117];
	u32 bad[MAX_BAD_PAGES];
} __packed;

_Static_assert(offsetof(struct swap_header, bad) == 1536, "format of mkswap");
_Static_assert(sizeof(struct swap_header) <= 4096, "format of mkswap");

static struct mutex swapon_mutex = MUTEX_INIT(swapon_mutex);
static struct file *swap_files[MAX_SWAPFILES];	/* under it: by area; NULL: a device */

/* What PATH names: a device, or a file. */
struct target {
	struct block_device *dev;	/* NULL: a file */
	struct file *file;		/* open */
};

/* A device node, or a file that is opened, which pins it. */
static int open_target(struct target *target, const char *path, const struct inode *inode)
{
	struct file *file;

	if (S_ISBLK(inode->mode)) {
		target->dev = block_device_by_number(inode->rdev >> 8, inode->rdev & 0xff);
		return target->dev ? 0 : -ENXIO;
	}
	if (!S_ISREG(inode->mode) || !inode->mapping->ops || !inode->mapping->ops->bmap) {
		printk("swap: %s has no blocks on a disk\n", path);
		return -EINVAL;
	}
	file = file_open(path, O_RDWR, 0);
	if (IS_ERR(file))
		return (int)PTR_ERR(file);
	target->file = file;
	return 0;
}

static int find_target(const char *path, struct target *target)
{
	struct dentry *entry;
	int error;

	*target = (struct target){ NULL, NULL };
	if (strncmp(path, "/dev/", 5) == 0)
		target->dev = find_block_device(path + 5);
	if (target->dev)
		return 0;
	entry = path_lookup(path, true);
	if (IS_ERR(entry))
		return (int)PTR_ERR(entry);
	error = entry->inode ? open_target(target, path, entry->inode) : -ENOENT;
	dput(entry);
	return error;
}

/* SECTORS: how long the device or file is. */
static int check_header(const struct swap_header *header, u64 sectors, const char *path)
{
	const char *magic = (const char *)header + PAGE_SIZE - 10;
	const char *wrong = NULL;

	if (memcmp(magic, "SWAP-SPACE", 10) == 0)
		wrong = "an area of the old format, make it anew";
	else if (memcmp(magic, "SWAPSPACE2", 10) != 0)
		wrong = "no swap signature, run mkswap first";
	else if (header->version != 1)
		wrong = "unknown version of the header";
	else if (header->nr_bad > MAX_BAD_PAGES)
		wrong = "too many bad pages";
	else if (header->last_page < 2)
		wrong = "area is empty";
	else if ((u64)header->last_page * SECTORS_PER_PAGE >= sectors)
		wrong = "area is longer than what it lies on";
	if (!wrong)
		return 0;
	printk("swap: %s: %s\n", path, wrong);
	return -EINVAL;
}

/* Marks the pages that the header calls bad. */
static int mark_bad_pages(const struct swap_header *header, u16 *map, unsigned long max)
{
	for (u32 i = 0; i < header->nr_bad; i++) {
		if (header->bad[i] == 0 || header->bad[i] > header->last_page)
			return -EINVAL;
		if (header->bad[i] < max)
			map[header->bad[i]] = SWAP_MAP_BAD;
	}
	return 0;
}

/* INODE: the file, its sem held, or NULL for a device. */
static int add_area(const struct swap_header *header, struct block_device *dev,
		    struct inode *inode, const char *path, int prio)
{
	struct swap_place place = { .dev = dev, .block_size = PAGE_SIZE };
	/* last_page itself is not used: an area's size is taken for its last page (Q26). */
	unsigned long max = header->last_page;
	u16 *map = swap_map_alloc(max);
	int error;

	if (!map)
		return -ENOMEM;
	error = mark_bad_pages(header, map, max);
	if (!error && inode) {
		error = swap_place_in_file(&place, inode, map, max);
		if (error == -EINVAL)
			printk("swap: %s appears to have holes\n", path);
	}
	if (!error) {
		error = swap_area_add_at(&place, path, map, max, prio);
		if (error)
			kfree(place.extents);
	}
	if (error)
		swap_map_free(map, max);
	return error;
}

static int prio_of(int flags)
{
	return flags & SWAP_FLAG_PREFER ? flags & SWAP_FLAG_PRIO_MASK : -1;
}

/* swapon_mutex held. */
static int swap_on_device(struct block_device *dev, const char *path, int flags)
{
	struct swap_header *header;
	long got;
	int error;

	if (is_swap_device(dev))
		return -EBUSY;
	if (dev->read_only)
		return -EROFS;
	header = kmalloc(PAGE_SIZE, GFP_KERNEL);
	if (!header)
		return -ENOMEM;
	/* Before the first slot is given out: nothing old may be written over it later. */
	sync_buffers(dev, true);
	got = kernel_read_device(dev, header, PAGE_SIZE, 0);
	if (got == (long)PAGE_SIZE)
		error = check_header(header, dev->nr_sectors, path);
	else
		error = got < 0 ? (int)got : -EINVAL;
	if (!error)
		error = add_area(header, dev, NULL, path, prio_of(flags));
	kfree(header);
	return error;
}

/* From now on what is in the cache is not the file. Its sem is held. */
static void forget_cached(struct inode *inode)
{
	zap_mapping(inode->mapping, 0);
	truncate_inode_pages(inode->mapping, 0);
}

/* HEADER: room for it. The file's sem and swapon_mutex are held. */
static int swap_on_locked_file(struct file *file, struct swap_header *header,
			       const char *path, int flags)
{
	struct inode *inode = file->inode;
	int error = file_fsync(file);
	long got;

	if (error)
		return error;
	got = kernel_read(file, header, PAGE_SIZE, 0);
	if (got != (long)PAGE_SIZE)
		return got < 0 ? (int)got : -EINVAL;
	error = check_header(header, inode->size >> SECTOR_SHIFT, path);
	if (error)
		return error;
	/* Before the first slot is given out: no old page may be written over it. */
	inode->swap_file = true;
	forget_cached(inode);
	error = add_area(header, inode->sb->dev, inode, path, prio_of(flags));
	if (error)
		inode->swap_file = false;
	return error;
}

/* swapon_mutex held. */
static int swap_on_file(struct file *file, const char *path, int flags)
{
	struct swap_header *header;
	int error;

	if (file->inode->swap_file)
		return -EBUSY;
	header = kmalloc(PAGE_SIZE, GFP_KERNEL);
	if (!header)
		return -ENOMEM;
	mutex_lock(&file->inode->sem);
	error = swap_on_locked_file(file, header, path, flags);
	mutex_unlock(&file->inode->sem);
	kfree(header);
	if (!error)
		swap_files[swap_area_on(NULL, file->inode)] = file_get(file);
	return error;
}

int swap_on(const char *path, int flags)
{
	struct target target;
	int error = find_target(path, &target);

	if (error)
		return error;
	mutex_lock(&swapon_mutex);
	error = target.dev ? swap_on_device(target.dev, path, flags)
			   : swap_on_file(target.file, path, flags);
	mutex_unlock(&swapon_mutex);
	if (target.file)
		file_put(target.file);
	if (!error)
		printk("swap: %s is on, %lu pages free in all\n", path,
		       (unsigned long)nr_swap_pages);
	return error;
}

/*
 * Is there room for what is in the area? 2.4.0 finds out by trying: with its slots gone
 * from the account it is soon out of memory, and kills processes.
 */
static bool fits_elsewhere(const struct swap_area *area)
{
	unsigned long room = nr_free_pages() + page_cache_size + buffermem_pages;

	spin_lock(&swap_list_lock);
	room += (unsigned long)nr_swap_pages - (area->pages - area->inuse);
	spin_unlock(&swap_list_lock);
	return area->inuse <= room;
}

/* The area is off: its file is as good as any other again. */
static void give_back_file(struct file *file)
{
	struct inode *inode = file->inode;

	mutex_lock(&inode->sem);
	inode->swap_file = false;
	forget_cached(inode);
	mutex_unlock(&inode->sem);
	file_put(file);
}

/*
 * What its readers saw meanwhile is not on the disk any more. (The original lets go of it
 * with the device, when its last user has closed it.)
 */
static void give_back_device(struct block_device *dev)
{
	sync_buffers(dev, true);
	invalidate_buffers(dev);
}

/* swapon_mutex held. */
static int swap_off_area(int type)
{
	struct block_device *dev;
	struct file *file;
	int error;

	if (type < 0)
		return -EINVAL;
	if (!fits_elsewhere(&swap_areas[type]))
		return -ENOMEM;
	dev = swap_areas[type].place.dev;
	file = swap_files[type];
	error = swap_area_remove((unsigned)type);
	if (error)
		return error;
	swap_files[type] = NULL;
	if (file)
		give_back_file(file);
	else
		give_back_device(dev);
	return 0;
}

static int swap_off(const char *path)
{
	struct target target;
	int error = find_target(path, &target);

	if (error)
		return error;
	mutex_lock(&swapon_mutex);
	error = swap_off_area(swap_area_on(target.dev, target.file ? target.file->inode : NULL));
	mutex_unlock(&swapon_mutex);
	if (target.file)
		file_put(target.file);
	return error;
}

/* A system call's path in kernel memory, or an ERR_PTR; only for the superuser. */
static char *get_path(const char *user_path)
{
	return current->euid == 0 ? path_get(user_path) : ERR_PTR(-EPERM);
}

long sys_swapon(const char *user_path, int flags)
{
	char *path = get_path(user_path);
	long result;

	if (IS_ERR(path))
		return PTR_ERR(path);
	result = swap_on(path, flags);
	path_put(path);
	return result;
}

long sys_swapoff(const char *user_path)
{
	char *path = get_path(user_path);
	long result;

	if (IS_ERR(path))
		return PTR_ERR(path);
	result = swap_off(path);
	path_put(path);
	return result;
}
