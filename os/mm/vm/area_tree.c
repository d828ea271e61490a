/*
 * The areas of an address space as a balanced search tree, beside their list: a process
 * with thousands of areas finds the one for an address in a dozen steps. Each fault
 * begins with such a search.
 *
 * Owns mm->area_tree, the tree_ fields of areas and mm->area_cache, the area that was
 * found last. Readers hold mmap_sem or page_table_lock, writers both.
 *
 * The tree is an AVL tree: the heights of the two subtrees of any area differ by one at
 * most, so a tree of n areas is at most 1.44 log2(n) high. Areas do not overlap, so it is
 * in order of starts and of ends at once.
 */
#include "lib/printk.h"
#include "mm/vm/vm_internal.h"

#define MAX_HEIGHT	32	/* would take more areas than can be */

/* The links from the root to a place in the tree, whose subtrees' heights may change. */
struct tree_path {
	struct vm_area **links[MAX_HEIGHT];
	unsigned length;
};

static int height_of(const struct vm_area *area)
{
	return area ? area->tree_height : 0;
}

static void update_height(struct vm_area *area)
{
	area->tree_height = 1 + max(height_of(area->tree_low), height_of(area->tree_high));
}

/* The lower child takes its parent's place, which becomes its upper child. */
static void raise_low(struct vm_area **link)
{
	struct vm_area *top = *link, *riser = top->tree_low;

	top->tree_low = riser->tree_high;
	riser->tree_high = top;
	*link = riser;
	update_height(top);
	update_height(riser);
}

static void raise_high(struct vm_area **link)
{
	struct vm_area *top = *link, *riser = top->tree_high;

	top->tree_high = riser->tree_low;
	riser->tree_low = top;
	*link = riser;
	update_height(top);
	update_height(riser);
}

/* How much higher the upper subtree is. */
static int tilt(const struct vm_area *area)
{
	return height_of(area->tree_high) - height_of(area->tree_low);
}

static void balance_at(struct vm_area **link)
{
	struct vm_area *area = *link;

	if (tilt(area) > 1) {
		if (tilt(area->tree_high) < 0)
			raise_low(&area->tree_high);
		raise_high(link);
	} else if (tilt(area) < -1) {
		if (tilt(area->tree_low) > 0)
			raise_high(&area->tree_low);
		raise_low(link);
	} else {
		update_height(area);
	}
}

static void follow(struct tree_path *path, struct vm_area **link)
{
	assert(path->length < MAX_HEIGHT);
	path->links[path->length++] = link;
}

/* From the changed place up to the root. */
static void balance(struct tree_path *path)
{
	while (path->length)
		balance_at(path->links[--path->length]);
}

/* Goes down from LINK to where AREA is or would be; the last link is not in the path. */
static struct vm_area **descend(struct tree_path *path, struct vm_area **link,
				const struct vm_area *area)
{
	while (*link && *link != area) {
		follow(path, link);
		link = area->start < (*link)->start ? &(*link)->tree_low : &(*link)->tree_high;
	}
	return link;
}

void area_tree_insert(struct mm_struct *mm, struct vm_area *area)
{
	struct tree_path path = { .length = 0 };

	area->tree_low = area->tree_high = NULL;
	area->tree_height = 1;
	*descend(&path, &mm->area_tree, area) = area;
	balance(&path);
}

void area_tree_remove(struct mm_struct *mm, struct vm_area *area)
{
	struct tree_path path = { .length = 0 };
	struct vm_area **link = descend(&path, &mm->area_tree, area);
	struct vm_area *heir;
	unsigned above;

	assert(*link == area);
	if (mm->area_cache == area)
		mm->area_cache = NULL;
	if (!area->tree_low || !area->tree_high) {
		*link = area->tree_low ? area->tree_low : area->tree_high;
		balance(&path);
		return;
	}
	/* The next area in order, which has no lower child, takes its place. */
	heir = next_area(mm, area);
	above = path.length;
	follow(&path, link);
	*descend(&path, &area->tree_high, heir) = heir->tree_high;
	heir->tree_low = area->tree_low;
	heir->tree_high = area->tree_high;
	*link = heir;
	if (path.length > above + 1)	/* the path went through AREA's own link */
		path.links[above + 1] = &heir->tree_high;
	balance(&path);
}

struct vm_area *search_area(struct mm_struct *mm, unsigned long address)
{
	struct vm_area *area = mm->area_tree, *found = NULL;

	while (area) {
		if (area->end <= address) {
			area = area->tree_high;
			continue;
		}
		found = area;
		if (area->start <= address)
			break;
		area = area->tree_low;
	}
	if (found)
		mm->area_cache = found;
	return found;
}
