/*
 * What the files of policy 2.6 share.
 *
 *	era26.c		its statements, lists, counters and daemons
 *	page26.c	page, fill; backing26.c: the mappings behind pages
 *	mm26.c		anon, map, touch, complete
 *	frames26.c	block, pageblock; shrinkers26.c: shrinker
 *	set26.c, gfp26.c	tunables and masks
 *	call26.c	calls on pages and slots; scan26.c: the scanners and their drivers
 *	nodes26.c	several nodes
 *	flush26.c	calls on writeback
 *	show26.c	subjects of show; check26.c: --check
 */
#ifndef ARCH_SIM_ERA26_H
#define ARCH_SIM_ERA26_H

#include "arch/sim/scenario.h"
#include "mm/reclaim/v26/v26.h"

extern const char *const lists26[];		/* by enum lru_list, ended by NULL */

/* backing26.c: enters a mapping (not swap); locked afterwards. */
extern const char *const write_names26[];
void backing_add26(struct page *page, enum mapping_kind kind, unsigned write);
struct file *backing_file26(const struct page *page);	/* that has the page's mapping */

/* page26.c */
enum page_word26 { WORD26_LOCKED, WORD26_REFERENCED, WORD26_DIRTY, WORD26_UPTODATE,
		   WORD26_WRITEBACK, WORD26_RECLAIM, WORD26_MLOCKED, WORD26_SWAPBACKED,
		   WORD26_RAMDISK };
unsigned parse_flags26(char *text);	/* bit N: enum page_word26 N */
void make_clean_buffer(struct page *page);
/* The last touches: flags that need nothing else, count, list (below 0: none). */
void finish_page26(struct page *page, unsigned flags, int count, int list);
int find_list26(struct statement *s, const char *otherwise);
/* Fails unless pages of that kind may be on the list. */
void check_kind26(int list, bool swapbacked);

statement_t do_page26, do_fill26;
statement_t do_anon26, do_map26, do_touch26, do_complete26;
statement_t do_block26, do_pageblock26, do_shrinker26, show_shrinkers26;
struct page *take_frame26(struct zone *zone);
void sort_free_lists26(void);

/* set26.c */
extern bool autodrain26;		/* pagevecs are flushed after each statement */
bool set26(const char *name, char *value);
extern const char variables26[];

/* nodes26.c */
bool set_node26(const char *name, const char *value);
statement_t show_zonelist26;

gfp_t parse_gfp26(const char *text);	/* gfp26.c */

/* call26.c, scan26.c, flush26.c */
extern const struct function functions26[], scan_functions26[], flush_functions26[];
extern const struct function node_functions26[];
statement_t show_flusher26, show_tags26;
void make_disk_busy26(unsigned ticks);	/* its writes are congested; 0: no more */
extern struct scan_control last_scan;	/* of the latest shrink_ call */
extern bool last_scan_wrote;		/* it was shrink_page_list */
void become_kswapd26(unsigned node);	/* the task that runs, until the statement ends */

extern const struct subject subjects26[];	/* show26.c */

/* check26.c */
void check_page26(struct page *page);
void check_sums26(void);
unsigned long check_page_writes26(void);

#endif
