/*
 * Errors that everybody shall hear of, and each only once: errseq.
 *
 * An errseq counts the errors of one object. Whoever wants to hear of them keeps the count
 * up to which he has been told. Counts are compared for equality only, so they may wrap.
 * All fields are atomic, and an interrupt may report an error.
 */
#ifndef LIB_ERRSEQ_H
#define LIB_ERRSEQ_H

#include "lib/types.h"

struct errseq {
	u32 happened;	/* errors ever */
	u32 told;	/* what `happened` was when somebody was told last */
	int error;	/* the last one, -errno */
};

static inline void errseq_set(struct errseq *seq, int error)
{
	__atomic_store_n(&seq->error, error, __ATOMIC_RELAXED);
	__atomic_add_fetch(&seq->happened, 1, __ATOMIC_SEQ_CST);
}

/* Where a new listener begins: an error that nobody has been told of is news to him, too. */
static inline u32 errseq_sample(const struct errseq *seq)
{
	return __atomic_load_n(&seq->told, __ATOMIC_SEQ_CST);
}

/* The last error if there has been any since *SINCE, which is now up to date; else 0. */
static inline int errseq_check_and_advance(struct errseq *seq, u32 *since)
{
	u32 seen = __atomic_load_n(since, __ATOMIC_SEQ_CST);
	u32 now;

	/* Two who ask for one listener at a time: the error is for one of them. */
	do {
		now = __atomic_load_n(&seq->happened, __ATOMIC_SEQ_CST);
		if (seen == now)
			return 0;
	} while (!__atomic_compare_exchange_n(since, &seen, now, false, __ATOMIC_SEQ_CST,
					      __ATOMIC_SEQ_CST));
	__atomic_store_n(&seq->told, now, __ATOMIC_SEQ_CST);
	return __atomic_load_n(&seq->error, __ATOMIC_RELAXED);
}

#endif
