/*
 * System calls on the address space: each checks its arguments as Linux does, takes
 * mmap_sem, and calls mm/vm.
 */
#include "arch/machine.h"
#include "fs/fs.h"
#include "kernel/process.h"
#include "kernel/syscalls.h"
#include "kernel/uaccess.h"
#include "lib/errno.h"
#include "mm/alloc/alloc.h"
#include "mm/reclaim/policy.h"
#include "mm/vm/vm.h"

#define PROT_READ	1u
#define PROT_WRITE	2u
#define PROT_EXEC	4u

#define MAP_SHARED	0x01u
#define MAP_PRIVATE	0x02u
#define MAP_TYPE	0x0fu
#define MAP_FIXED	0x10u
#define MAP_ANONYMOUS	0x20u
#define MAP_GROWSDOWN	0x100u
#define MAP_LOCKED	0x2000u
#define MAP_NORESERVE	0x4000u
#define MAP_NONBLOCK	0x10000u

#define MCL_CURRENT	1
#define MCL_FUTURE	2

static unsigned prot_flags(unsigned prot)
{
	return (prot & PROT_READ ? VM_READ : 0) | (prot & PROT_WRITE ? VM_WRITE : 0) |
	       (prot & PROT_EXEC ? VM_EXEC : 0);
}

/* Would BYTES more than NOW be more than the process may have? */
static bool beyond_limit(unsigned resource, unsigned long now, unsigned long bytes)
{
	unsigned long limit = current->limits[resource].soft;

	return now > limit || bytes > limit - now;
}

/* May the process map BYTES more? mmap_sem held. */
static int check_limits(const struct mm_struct *mm, unsigned long bytes, unsigned flags)
{
	if (beyond_limit(RLIMIT_AS, mm->total_vm << PAGE_SHIFT, bytes))
		return -ENOMEM;
	if ((flags & VM_LOCKED) &&
	    beyond_limit(RLIMIT_MEMLOCK, mm->locked_vm << PAGE_SHIFT, bytes))
		return -EAGAIN;
	return 0;
}

/* The pages between the old and the new end of the heap; mmap_sem held. */
static long move_brk(struct mm_struct *mm, unsigned long end)
{
	unsigned long old_page = PAGE_ALIGN(mm->brk), new_page = PAGE_ALIGN(end);
	struct vm_area *next;
	long result;

	if (new_page <= old_page)
		return new_page < old_page ?
		       unmap_range(mm, new_page, old_page - new_page) : 0;
	if (beyond_limit(RLIMIT_DATA, 0, end - mm->start_brk) ||
	    check_limits(mm, new_page - old_page, mm->def_flags))
		return -ENOMEM;
	/* A page stays free above the heap, so that running over its end is noticed. */
	next = find_area(mm, old_page);
	if (next && next->start < new_page + PAGE_SIZE)
		return -ENOMEM;
	if (!vm_enough_memory((new_page - old_page) >> PAGE_SHIFT))
		return -ENOMEM;
	result = map_area(mm, old_page, new_page - old_page, VM_READ | VM_WRITE, NULL, 0, true);
	return IS_ERR((void *)result) ? result : 0;
}

/* The end of the heap as it is now: the old one if the request cannot be met. */
long sys_brk(unsigned long end)
{
	struct mm_struct *mm = current->mm;
	unsigned long result;

	mutex_lock(&mm->mmap_sem);
	if (end >= mm->start_brk && end < TASK_SIZE - PAGE_SIZE && !move_brk(mm, end))
		mm->brk = end;
	result = mm->brk;
	mutex_unlock(&mm->mmap_sem);
	return (long)result;
}

/* Whoever writes needs memory of his own; who says NORESERVE takes the risk. */
static bool may_promise(unsigned vm_flags, unsigned flags, unsigned long length)
{
	if ((vm_flags & (VM_SHARED | VM_WRITE)) != VM_WRITE || flags & MAP_NORESERVE)
		return true;
	return vm_enough_memory(length >> PAGE_SHIFT);
}

/* OFFSET in pages. */
static long map_pages(unsigned long address, unsigned long length, unsigned prot,
		      unsigned flags, unsigned fd, pgoff_t offset)
{
	struct mm_struct *mm = current->mm;
	unsigned vm_flags = prot_flags(prot);
	struct file *file = NULL;
	long result;

	if ((flags & MAP_TYPE) == MAP_SHARED)
		vm_flags |= VM_SHARED;
	else if ((flags & MAP_TYPE) != MAP_PRIVATE)
		return -EINVAL;
	if ((flags & MAP_LOCKED) && current->euid != 0)
		return -EPERM;
	vm_flags |= (flags & MAP_LOCKED ? VM_LOCKED : 0) |
		    (flags & MAP_GROWSDOWN ? VM_GROWSDOWN : 0);
	if (!(flags & MAP_ANONYMOUS)) {
		file = fd_file(fd);
		if (!file)
			return -EBADF;
	} else {
		offset = 0;
	}
	if (!may_promise(vm_flags, flags, length))
		return -ENOMEM;
	mutex_lock(&mm->mmap_sem);
	result = check_limits(mm, length, vm_flags | mm->def_flags);
	if (!result)
		result = map_area(mm, address, length, vm_flags, file, offset,
				  flags & MAP_FIXED);
	mutex_unlock(&mm->mmap_sem);
	return result;
}

long sys_mmap(unsigned long address, unsigned long length, unsigned prot, unsigned flags,
	      unsigned fd, unsigned long offset)
{
	if (offset & ~PAGE_MASK)
		return -EINVAL;
	return map_pages(address, length, prot, flags, fd, offset >> PAGE_SHIFT);
}

long sys_mmap2(unsigned long address, unsigned long length, unsigned prot, unsigned flags,
	       unsigned fd, unsigned long page_offset)
{
	return map_pages(address, length, prot, flags, fd, page_offset);
}

long sys_munmap(unsigned long address, unsigned long length)
{
	struct mm_struct *mm = current->mm;
	long result;

	mutex_lock(&mm->mmap_sem);
	result = unmap_range(mm, address, length);
	mutex_unlock(&mm->mmap_sem);
	return result;
}

long sys_mprotect(unsigned long address, unsigned long length, unsigned prot)
{
	struct mm_struct *mm = current->mm;
	long result;

	if (address & ~PAGE_MASK || prot & ~(PROT_READ | PROT_WRITE | PROT_EXEC))
		return -EINVAL;
	if (length == 0)
		return 0;
	mutex_lock(&mm->mmap_sem);
	result = protect_range(mm, address, length, prot_flags(prot));
	mutex_unlock(&mm->mmap_sem);
	/* A range that leaves user space is not mapped there. */
	return result == -EINVAL ? -ENOMEM : result;
}

long sys_msync(unsigned long address, unsigned long length, int flags)
{
	struct mm_struct *mm = current->mm;
	long result;

	mutex_lock(&mm->mmap_sem);
	result = msync_range(mm, address, length, flags);
	mutex_unlock(&mm->mmap_sem);
	return result;
}

long sys_madvise(unsigned long address, unsigned long length, int advice)
{
	struct mm_struct *mm = current->mm;
	long result;

	mutex_lock(&mm->mmap_sem);
	result = advise_range(mm, address, length, advice);
	mutex_unlock(&mm->mmap_sem);
	return result;
}

/* Of the flags Linux looks at MAP_NONBLOCK only. 2.4 did not have the call yet. */
long sys_remap_file_pages(unsigned long address, unsigned long length, unsigned prot,
			  unsigned long page_offset, unsigned flags)
{
	struct mm_struct *mm = current->mm;
	long result;

	if (!policy->nonlinear_areas)
		return -ENOSYS;
	if (prot)
		return -EINVAL;
	mutex_lock(&mm->mmap_sem);
	result = remap_file_pages(mm, address, length, page_offset,
				  !(flags & MAP_NONBLOCK));
	mutex_unlock(&mm->mmap_sem);
	return result;
}

/* May so many pages be locked at once? Half of memory is the most. */
static bool too_many_to_lock(unsigned long pages)
{
	unsigned long limit = current->limits[RLIMIT_MEMLOCK].soft >> PAGE_SHIFT;

	return pages > num_physpages / 2 || pages > limit;
}

/* Whole pages that hold the range: sets *PAGES, and rounds *ADDRESS down. */
static int cover_pages(unsigned long *address, unsigned long length, unsigned long *pages)
{
	unsigned long first = *address & PAGE_MASK;
	unsigned long end = PAGE_ALIGN(*address + length);

	if (*address + length < *address || end < first)
		return -EINVAL;
	*pages = (end - first) >> PAGE_SHIFT;
	*address = first;
	return first > TASK_SIZE || end > TASK_SIZE ? -ENOMEM : 0;
}

/* As in 2.4, pages of the range that are locked already count twice for the limits. */
long sys_mlock(unsigned long address, unsigned long length)
{
	struct mm_struct *mm = current->mm;
	unsigned long pages;
	long result;

	if (current->euid != 0)
		return -EPERM;
	result = cover_pages(&address, length, &pages);
	if (result || pages == 0)
		return result;
	mutex_lock(&mm->mmap_sem);
	result = too_many_to_lock(mm->locked_vm + pages) ? -ENOMEM :
		lock_range(mm, address, pages << PAGE_SHIFT, true);
	mutex_unlock(&mm->mmap_sem);
	return result;
}

/* Anybody may unlock: a child may, whose parent had the right to lock. */
long sys_munlock(unsigned long address, unsigned long length)
{
	struct mm_struct *mm = current->mm;
	unsigned long pages;
	long result = cover_pages(&address, length, &pages);

	if (result || pages == 0)
		return result;
	mutex_lock(&mm->mmap_sem);
	result = lock_range(mm, address, pages << PAGE_SHIFT, false);
	mutex_unlock(&mm->mmap_sem);
	return result;
}

/* Locking may split and join areas, so the walk goes by address. mmap_sem held. */
static long lock_all_areas(struct mm_struct *mm, bool lock)
{
	struct vm_area *area;
	unsigned long address = 0;
	long error = 0;

	while (!error && (area = find_area(mm, address))) {
		unsigned long start = area->start;

		address = area->end;
		error = lock_range(mm, start, address - start, lock);
	}
	return error;
}

long sys_mlockall(int flags)
{
	struct mm_struct *mm = current->mm;
	long result = 0;

	if (!flags || flags & ~(MCL_CURRENT | MCL_FUTURE))
		return -EINVAL;
	if (current->euid != 0)
		return -EPERM;
	mutex_lock(&mm->mmap_sem);
	if (too_many_to_lock(mm->total_vm)) {
		result = -ENOMEM;
	} else {
		mm->def_flags = flags & MCL_FUTURE ? VM_LOCKED : 0;
		if (flags & MCL_CURRENT)
			result = lock_all_areas(mm, true);
	}
	mutex_unlock(&mm->mmap_sem);
	return result;
}

long sys_munlockall(void)
{
	struct mm_struct *mm = current->mm;
	long result;

	if (current->euid != 0)
		return -EPERM;
	mutex_lock(&mm->mmap_sem);
	mm->def_flags = 0;
	result = lock_all_areas(mm, false);
	mutex_unlock(&mm->mmap_sem);
	return result;
}

long sys_mincore(unsigned long address, unsigned long length, unsigned char *user)
{
	unsigned long pages = PAGE_ALIGN(length) >> PAGE_SHIFT;
	unsigned char vector[256];

	if (address & ~PAGE_MASK)
		return -EINVAL;
	if (length > TASK_SIZE || address > TASK_SIZE - length)
		return -ENOMEM;
	/* In pieces: the user's memory is not written with mmap_sem held. */
	while (pages) {
		unsigned long piece = min(pages, (unsigned long)sizeof(vector));
		int error;

		mutex_lock(&current->mm->mmap_sem);
		error = look_in_core(current->mm, address, piece, vector);
		mutex_unlock(&current->mm->mmap_sem);
		if (error)
			return error;
		if (copy_to_user(user, vector, piece))
			return -EFAULT;
		address += piece << PAGE_SHIFT;
		user += piece;
		pages -= piece;
	}
	return 0;
}
