/*
 * The scenario runner: reads statements, builds states, calls mechanisms, prints.
 *
 *	parse.c		a line -> words and key=value arguments, with their checks
 *	run.c		the table of statements; one after the other
 *	names.c		names of pages and address spaces, and when a name ends
 *	setup.c		machine, set, ballast, tick, step, complete
 *	page.c		page; backing.c: the mappings behind pages, their writepage
 *	mm.c		mm, anon, map, touch; file.c: read, write
 *	call.c		call, and the functions that every policy has
 *	era24.c, era26.c	what belongs to one policy; era26.h has 2.6's other files
 *	show.c, expect.c; check.c, frames.c: --check
 */
#ifndef ARCH_SIM_SCENARIO_H
#define ARCH_SIM_SCENARIO_H

#include "lib/list.h"
#include "mm/reclaim/policy.h"
#include "mm/swap/swap.h"
#include "mm/trace/events.h"

/* ---- parse.c ---- */

#define MOST_ARGUMENTS	4096

struct argument {
	char *key;		/* NULL: a plain word */
	char *value;		/* the word, or what follows the `=` */
	bool used;
};

struct statement {
	unsigned nr;
	struct argument arguments[MOST_ARGUMENTS];
	const char *usage;	/* what was expected, for messages */
};

extern const char *scenario_name;	/* as the user named it */
extern unsigned scenario_line;		/* of the statement that runs, from 1 */

/* FILE:LINE: error: …; exit 2. */
void fail(const char *fmt, ...) __printf(1, 2) __noreturn;
/* The same, followed by what was expected. */
void fail_usage(const struct statement *s, const char *fmt, ...) __printf(2, 3) __noreturn;

/* Cuts LINE in place; false if it holds no statement. */
bool parse_line(char *line, struct statement *s);

/* The next plain word; it is WHAT. NULL (next_word) or an error if there is none. */
char *next_word(struct statement *s);
bool more_words(const struct statement *s);
char *need_word(struct statement *s, const char *what);
char *need_name(struct statement *s, const char *what);	/* of the form of a name */
void check_name(const char *what, const char *text);	/* an error if it is not */

/* The value of KEY or NULL; an error if it is missing, for need_key. */
char *find_key(struct statement *s, const char *key);
char *need_key(struct statement *s, const char *key);

/* A number in a range; find_number gives OTHERWISE if the key is missing. */
unsigned long parse_number(const char *what, const char *text, unsigned long least,
			   unsigned long most);
unsigned long parse_pages(const char *what, const char *text, unsigned long least,
			  unsigned long most);	/* with units */
unsigned long find_number(struct statement *s, const char *key, unsigned long otherwise,
			  unsigned long least, unsigned long most);
unsigned long need_number(struct statement *s, const char *key, unsigned long least,
			  unsigned long most);
/* The index of the value of KEY among CHOICES (ended by NULL). */
unsigned parse_choice(const char *what, const char *text, const char *const choices[]);
unsigned find_choice(struct statement *s, const char *key, unsigned otherwise,
		     const char *const choices[]);
/* An error if an argument has not been looked at. */
void end_of_statement(const struct statement *s);

/* ---- run.c ---- */

void run_scenario(const char *file, char *text, bool check);

/* Statements; each reads its own arguments. */
typedef void statement_t(struct statement *s);

struct statement_kind {
	const char *word;
	statement_t *run;
	const char *usage;
};

/* Subjects of the show statement. */
struct subject {
	const char *word;
	statement_t *show;
};

statement_t do_machine, do_ballast, do_set, do_tick, do_step, do_complete;
statement_t do_page, do_mm, do_anon, do_map, do_touch, do_read, do_write;
statement_t do_call, do_show, do_expect;

/* ---- setup.c ---- */

#define MOST_PAGES	(1ul << 22)	/* of a machine: 16 GiB */

struct zone *parse_zone(const char *text);
struct zone *find_zone(struct statement *s, enum zone_type otherwise);
const char *zone_key(const struct zone *zone);		/* "dma", "1.dma" */
/* nodes26.c: the machine's keys, if it has several nodes; before its zones are made. */
void nodes_machine26(struct statement *s, unsigned nr);
struct page *take_ballast_frame(struct zone *zone);	/* with count 1 */
struct page *take_ballast_at(pfn_t pfn);	/* that very frame; an error if it is no ballast */
extern struct block_device *scenario_disk;	/* behind files and metadata */
extern struct block_device *scenario_ramdisk;

/* ---- names.c ---- */

enum name_kind { NAME_PAGE, NAME_MM, NAME_FILE };

struct scenario_mm;
struct scenario_file;

struct name {
	char *text;
	enum name_kind kind;
	struct name *next;	/* in its hash chain */
	struct page *page;	/* NAME_PAGE; stays when the name has ended */
	bool ended;		/* the page was given to the buddy */
	struct name *first;	/* a second name for the page: its printed one */
	unsigned order;		/* the block's order, for free_pages */
	struct scenario_mm *mm;
	struct scenario_file *file;
};

void names_init(void);
struct name *name_find(const char *text);	/* NULL if nobody has it */
struct name *name_new(const char *text, enum name_kind kind);	/* an error if taken */
/* TEXT names PAGE from now on; a second name if it has one. */
struct name *name_page(const char *text, struct page *page, unsigned order);
/* A page without a name becomes OWNER.AT; OWNER.AT.2 and so on if that is used up. */
void name_page_at(const char *owner, unsigned long at, struct page *page);
struct name *name_of_page(const struct page *page);	/* its living first name, or NULL */
const char *page_text(const struct page *page);		/* that, or "?" */
/* A page by the name that a statement gives it: ended ones only if ENDED_TOO. */
struct name *need_page_name(struct statement *s, bool ended_too);
struct name *lookup_page_name(const char *text, bool ended_too);
bool page_is_lost(const struct page *page);		/* A16 */
void name_check_free(const char *text);			/* an error if taken */
/* All first names of pages, in the order in which they were made. */
extern struct name **page_names;
extern unsigned nr_page_names;

/* ---- page.c ---- */

/* Has MAKE make the page TEXT or, if N is written, the pages TEXT.0 … TEXT.(N-1). */
void make_pages(const char *text, const char *n,
		void (*make)(const char *name, const void *spec), const void *spec);

/* ---- backing.c ---- */

enum mapping_kind { MAPPING_FILE, MAPPING_SWAP, MAPPING_SHM, MAPPING_RAMFS, MAPPING_NONE };
enum write_kind { WRITE_INSTANT, WRITE_INSTANT_BUFFERS, WRITE_ASYNC, WRITE_REFUSE,
		  WRITE_MISSING };

extern const char *const mapping_names[];
extern const char *const write_names[];

void backing_init(void);
/* Puts a page without mapping into one; it is locked afterwards and on a list. */
void backing_add(struct page *page, enum mapping_kind kind, enum write_kind write);
/* The segment to which pages with mapping=shm belong, opened. */
struct file *backing_segment(void);

enum buffer_kind { BUFFERS_NONE, BUFFERS_CLEAN, BUFFERS_DIRTY, BUFFERS_LOCKED,
		   BUFFERS_PINNED };
extern const char *const buffer_names[];
/* What is shown of a page's buffers. */
enum buffer_kind buffers_of(const struct page *page);
unsigned long backing_swapped(void);	/* entries of shared memory that name a slot */

/* ---- mm.c ---- */

struct scenario_mm {
	struct name *name;
	struct mm_struct *mm;
	struct vm_area *area;
	unsigned long pages;
};

struct scenario_mm *lookup_mm(const char *text);
pte_t *mm_slot(const struct scenario_mm *m, unsigned long index);	/* or NULL */
unsigned long mm_address(const struct scenario_mm *m, unsigned long index);
unsigned long mm_resume(const struct scenario_mm *m);

/* ---- call.c ---- */

struct function {
	const char *name;
	const char *usage;
	/* Reads the arguments, calls, writes the result. */
	void (*call)(struct statement *s, char *result);
	void (*on_page)(struct page *page);	/* instead: its argument is a page, no value */
};

#define RESULT_SIZE	256

extern char last_function[RESULT_SIZE], last_result[RESULT_SIZE];

/*
 * Puts itself between the core and the policy's allocator: a request for one page that
 * would wait for kswapd is given up and gives NULL (A12).
 */
void watch_allocations(void);
/* Pages that enter a cache meanwhile do not join the lists. */
void keep_off_lists(bool on);
/* The policy's OOM killer would act: the request is given up and gives NULL (B15). */
void give_up_for_oom(void) __noreturn;
extern bool gave_up;			/* has one been, in this statement? */

/* What all policies have. */
void call_get_swap_page(struct statement *s, char *result);
void call_swap_duplicate(struct statement *s, char *result);
void call_swap_free(struct statement *s, char *result);
void call_alloc_pages(struct statement *s, char *result);
void call_free_pages(struct statement *s, char *result);
void result_page(char *result, const struct page *page);
void result_number(char *result, long number);
swp_entry_t need_slot(struct statement *s);	/* AREA:OFFSET, the last word */

/* ---- one policy ---- */

struct era {
	const char *name;
	/* What it has alone, or reads in its own way; each ended by a NULL word. */
	const struct statement_kind *statements;
	const struct subject *subjects;
	void (*after_statement)(const char *word);	/* or NULL */
	struct page *(*take_frame)(struct zone *zone);	/* for ballast, with count 1; or NULL */
	const struct function *const *functions;	/* tables, each ended by a NULL name */
	void (*start)(void);			/* the machine is there; or NULL */
	const char *given_up;			/* the result of a request that was given up */
	bool tells_frames;			/* a page without a name: its number, not ? */
	const char *const *lists;		/* names for page's list=, ended by NULL */
	void (*put_on_list)(struct page *page, unsigned list);	/* index in lists */
	const char *(*list_of)(const struct page *page);
	gfp_t (*parse_gfp)(const char *text);
	const char *variables;			/* that set knows, for messages */
	bool (*set)(const char *name, char *value);
	void (*step)(const char *daemon);
	void (*show_lists)(void);
	void (*show_counters)(void);
	/* --check: each panics if an invariant is broken. */
	void (*check_lists)(void);
	void (*check_page)(struct page *page);	/* a frame that is not free */
	void (*check_sums)(void);		/* after all frames; or NULL */
	unsigned long (*page_writes)(void);	/* in flight without buffers; or NULL */
};

extern const struct era *era;		/* chosen by the machine statement */
extern const struct era era24, era26;

/* ---- show.c ---- */

extern const char *const page_keys[], *const mm_keys[];	/* in the order of the line */
/* The value of one key of such a line; false if the line does not have it. */
bool page_key(const struct name *name, const char *key, char *out, size_t size);
bool mm_key(const struct scenario_mm *m, const char *key, char *out, size_t size);

/* ---- expect.c ---- */

extern bool expectations_failed;

/* ---- check.c ---- */

void check_all(void);
void check_page24(struct page *page);

/* ---- frames.c ---- */

void frames_init(void);
/* The scenario takes (or drops, below 0) references on a frame, or on any slot. */
void frame_held(const struct page *page, int delta);
void slot_held(int delta);
/* A statement has made the page; its count is as it should be. */
void frame_stated(const struct page *page);
void frame_freed(pfn_t pfn);
/* Made without mapping and buffers: facts 2.4, I4 and I5 do not bind it. */
bool frame_is_orphan(const struct page *page);
bool frame_is_held(const struct page *page);	/* the scenario has references to it */
/* Panics unless the counts of all pages, and the sum of the slots', are their holders'. */
void check_references(void);

/* file.c: that of the file that the next word names; NULL if there is no word. */
struct address_space *find_file_mapping(struct statement *s);

#endif
