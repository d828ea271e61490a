/* Start-up that is the same on all machines. */
#ifndef MM_INIT_H
#define MM_INIT_H

/* Everything that stands on the page allocator. Once, after the free pages are known. */
void mm_init(void);

#endif
