/*
 * Circular doubly linked lists whose links live inside the objects.
 *
 * A `struct list_head` is both the anchor of a list and the link in a member.
 * The anchor's `next` is the head of the list, its `prev` the tail. Throughout
 * this project pages enter a list at the head, and scanners take the tail.
 *
 *	anchor <-> head <-> ... <-> tail <-> anchor
 *
 * Nothing here locks; each list's owner names the lock.
 */
#ifndef LIB_LIST_H
#define LIB_LIST_H

#include "lib/types.h"

struct list_head {
	struct list_head *next;
	struct list_head *prev;
};

#define LIST_HEAD_INIT(name)	{ &(name), &(name) }
#define LIST_HEAD(name)		struct list_head name = LIST_HEAD_INIT(name)

/* The object of TYPE whose member MEMBER is the link LINK. */
#define list_entry(link, type, member)	container_of(link, type, member)
#define list_first(head, type, member)	list_entry((head)->next, type, member)
#define list_last(head, type, member)	list_entry((head)->prev, type, member)

/* Head to tail. The body may not unlink POS; use list_for_each_safe for that. */
#define list_for_each(pos, head, member)					\
	for (pos = list_first(head, __typeof__(*pos), member);			\
	     &pos->member != (head);						\
	     pos = list_entry(pos->member.next, __typeof__(*pos), member))

/* Head to tail; the body may unlink or free POS (NEXT holds the way on). */
#define list_for_each_safe(pos, after, head, member)				\
	for (pos = list_first(head, __typeof__(*pos), member),			\
	     after = list_entry(pos->member.next, __typeof__(*pos), member);	\
	     &pos->member != (head);						\
	     pos = after,							\
	     after = list_entry(after->member.next, __typeof__(*after), member))

static inline void list_init(struct list_head *l)
{
	l->next = l;
	l->prev = l;
}

static inline bool list_empty(const struct list_head *head)
{
	return head->next == head;
}

static inline void list_insert_between(struct list_head *item,
				       struct list_head *before,
				       struct list_head *after)
{
	item->prev = before;
	item->next = after;
	before->next = item;
	after->prev = item;
}

/* Puts ITEM at the head. */
static inline void list_add(struct list_head *item, struct list_head *head)
{
	list_insert_between(item, head, head->next);
}

/* Puts ITEM at the tail. */
static inline void list_add_tail(struct list_head *item, struct list_head *head)
{
	list_insert_between(item, head->prev, head);
}

/* Unlinks ITEM, which is left as a list of its own, so a second call is harmless. */
static inline void list_del(struct list_head *item)
{
	item->prev->next = item->next;
	item->next->prev = item->prev;
	list_init(item);
}

static inline void list_move(struct list_head *item, struct list_head *head)
{
	list_del(item);
	list_add(item, head);
}

static inline void list_move_tail(struct list_head *item, struct list_head *head)
{
	list_del(item);
	list_add_tail(item, head);
}

/* Moves all of FROM to the head of TO, in order; FROM is empty afterwards. */
static inline void list_splice(struct list_head *from, struct list_head *to)
{
	if (list_empty(from))
		return;
	from->next->prev = to;
	from->prev->next = to->next;
	to->next->prev = from->prev;
	to->next = from->next;
	list_init(from);
}

#endif
