/*
 * The system calls swapon and swapoff, and the header that mkswap writes (facts 2.4,
 * 5.1). Not part of sim, which makes its areas itself.
 *
 * Only block devices can be swapped on. swapon_mutex lets one change at a time happen.
 *
 * The header is read through the buffer cache and let go: the original leaves its page
 * behind for ever (Q24).
 */
#include "block/block.h"
#include "fs/fs.h"
#include "kernel/paths.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/cache/buffer.h"
#include "mm/swap/swap.h"
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

/* The device that PATH names: /dev/NAME, or a device node anywhere. */
static int find_device(const char *path, struct block_device **dev)
{
	struct dentry *entry;
	int error = 0;

	*dev = NULL;
	if (strncmp(path, "/dev/", 5) == 0)
		*dev = find_block_device(path + 5);
	if (*dev)
		return 0;
	entry = path_lookup(path, true);
	if (IS_ERR(entry))
		return (int)PTR_ERR(entry);
	if (!entry->inode) {
		error = -ENOENT;
	} else if (!S_ISBLK(entry->inode->mode)) {
		printk("swap: %s is not a block device\n", path);
		error = -EINVAL;
	} else {
		*dev = block_device_by_number(entry->inode->rdev >> 8,
					      entry->inode->rdev & 0xff);
		if (!*dev)
			error = -ENXIO;
	}
	dput(entry);
	return error;
}

static int check_header(const struct swap_header *header, const char *magic,
			const struct block_device *dev, const char *path)
{
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
	else if ((u64)header->last_page * SECTORS_PER_PAGE >= dev->nr_sectors)
		wrong = "area is longer than the device";
	if (!wrong)
		return 0;
	printk("swap: %s: %s\n", path, wrong);
	return -EINVAL;
}

/* last_page itself is not used: an area's size is taken for its last page (Q26). */
static int add_area(const struct swap_header *header, struct block_device *dev,
		    const char *path, int prio)
{
	unsigned long max = header->last_page;
	u16 *map = swap_map_alloc(max);
	int error = 0;

	if (!map)
		return -ENOMEM;
	for (u32 i = 0; i < header->nr_bad && !error; i++) {
		if (header->bad[i] == 0 || header->bad[i] > header->last_page)
			error = -EINVAL;
		else if (header->bad[i] < max)
			map[header->bad[i]] = SWAP_MAP_BAD;
	}
	if (!error)
		error = swap_area_add(dev, path, map, max, prio);
	if (error)
		swap_map_free(map, max);
	return error;
}

/* swapon_mutex held. */
static int swap_on_device(struct block_device *dev, const char *path, int flags)
{
	int prio = flags & SWAP_FLAG_PREFER ? flags & SWAP_FLAG_PRIO_MASK : -1;
	const struct swap_header *header;
	struct buffer_head *bh;
	const char *data;
	int error;

	if (is_swap_device(dev))
		return -EBUSY;
	if (dev->read_only)
		return -EROFS;
	bh = bread(dev, 0, PAGE_SIZE);
	if (!bh)
		return -EIO;
	data = buffer_data(bh);
	header = (const struct swap_header *)data;
	error = check_header(header, data + PAGE_SIZE - 10, dev, path);
	if (!error)
		error = add_area(header, dev, path, prio);
	brelse(bh);
	return error;
}

int swap_on(const char *path, int flags)
{
	struct block_device *dev;
	int error = find_device(path, &dev);

	if (error)
		return error;
	mutex_lock(&swapon_mutex);
	error = swap_on_device(dev, path, flags);
	mutex_unlock(&swapon_mutex);
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

static int swap_off(const char *path)
{
	struct block_device *dev;
	int type, error = find_device(path, &dev);

	if (error)
		return error;
	mutex_lock(&swapon_mutex);
	type = swap_area_on(dev);
	if (type < 0)
		error = -EINVAL;
	else if (!fits_elsewhere(&swap_areas[type]))
		error = -ENOMEM;
	else
		error = swap_area_remove((unsigned)type);
	mutex_unlock(&swapon_mutex);
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
