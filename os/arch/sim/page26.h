/* What the files of policy 2.6's page and mm statements share. */
#ifndef ARCH_SIM_PAGE26_H
#define ARCH_SIM_PAGE26_H

#include "arch/sim/scenario.h"
#include "mm/reclaim/v26/v26.h"

extern const char *const write_names26[];

/* backing26.c: enters a mapping (not swap); locked afterwards. */
void backing_add26(struct page *page, enum mapping_kind kind, unsigned write);
struct file *backing_file26(const struct page *page);	/* that has the page's mapping */

/* page26.c */
enum page_word26 { WORD26_LOCKED, WORD26_REFERENCED, WORD26_DIRTY, WORD26_UPTODATE,
		   WORD26_WRITEBACK, WORD26_RECLAIM, WORD26_MLOCKED, WORD26_SWAPBACKED };
unsigned parse_flags26(char *text);	/* bit N: enum page_word26 N */
void make_clean_buffer(struct page *page);
/* The last touches: flags that need nothing else, count, list (below 0: none). */
void finish_page26(struct page *page, unsigned flags, int count, int list);
int find_list26(struct statement *s, const char *otherwise);

#endif
