/*
 * Allocation masks: which zones may serve a request, and what it may do to get its
 * pages (facts 2.4, 4.1; facts 2.6, 1.3).
 *
 * The bits and their values are those of 2.6, and common code asks with them. 2.4 knows
 * DMA, HIGHMEM, WAIT, HIGH and IO, and passes the others by: its IO also stands for FS,
 * so a mask that has one of the two without the other is meant for 2.6 alone.
 */
#ifndef MM_GFP_H
#define MM_GFP_H

/* Zones. DMA and DMA32 win over HIGHMEM. */
#define __GFP_DMA		0x01u	/* only from zone DMA */
#define __GFP_HIGHMEM		0x02u	/* a frame without a kernel address will do */
#define __GFP_DMA32		0x04u	/* only from DMA32 and below */
#define __GFP_MOVABLE		0x08u	/* what it holds can be moved or reclaimed (2.6) */

/* What the request may do. */
#define __GFP_WAIT		0x10u	/* sleep and reclaim */
#define __GFP_HIGH		0x20u	/* take from the reserves; 2.4 never asks (Q32) */
#define __GFP_IO		0x40u	/* start disk I/O */
#define __GFP_FS		0x80u	/* call into file systems */
#define __GFP_COLD		0x100u	/* a page that is not in the CPU's cache */
#define __GFP_NOWARN		0x200u	/* fail without a message */
#define __GFP_REPEAT		0x400u	/* try harder before failing */
#define __GFP_NOFAIL		0x800u	/* try for ever */
#define __GFP_NORETRY		0x1000u	/* one round of reclaim, no OOM killer */
#define __GFP_ZERO		0x8000u	/* filled with zeros; both eras */
#define __GFP_NOMEMALLOC	0x10000u	/* PF_MEMALLOC opens no reserves */
#define __GFP_HARDWALL		0x20000u	/* on behalf of a user */
#define __GFP_THISNODE	0x40000u	/* only from the node of the caller's CPU (2.6) */
#define __GFP_RECLAIMABLE	0x80000u	/* a shrinker can free what it holds (2.6) */
#define __GFP_NO_KSWAPD		0x400000u	/* do not wake kswapd */
#define __GFP_WRITE		0x1000000u	/* of a file: it will be dirty soon (2.6) */

/* Not from another node; and rather nothing than a long wait for it. */
#define GFP_THISNODE	(__GFP_THISNODE | __GFP_NOWARN | __GFP_NORETRY)

#define GFP_ZONES	(__GFP_DMA | __GFP_HIGHMEM | __GFP_DMA32)

#define GFP_NONE	0u		/* 2.6's NOWAIT */
#define GFP_ATOMIC	__GFP_HIGH
#define GFP_NOIO	__GFP_WAIT
#define GFP_NOFS	(__GFP_WAIT | __GFP_IO)	/* not under 2.4: see above */
#define GFP_KERNEL	(__GFP_WAIT | __GFP_IO | __GFP_FS)
#define GFP_TEMPORARY	(GFP_KERNEL | __GFP_RECLAIMABLE)
#define GFP_USER	(GFP_KERNEL | __GFP_HARDWALL)
#define GFP_HIGHUSER	(GFP_USER | __GFP_HIGHMEM)
#define GFP_HIGHUSER_MOVABLE	(GFP_HIGHUSER | __GFP_MOVABLE)

/* What a request may do while the machine boots and nobody can sleep yet (2.6). */
#define GFP_BOOT_MASK	(~(__GFP_WAIT | __GFP_IO | __GFP_FS))

/* The buffer cache's own, in both eras: reclaim for it must not wait for buffers. */
#define GFP_BUFFER	GFP_NOIO
/* 2.4's kswapd frees memory with this one. */
#define GFP_KSWAPD	(__GFP_IO | __GFP_FS)

#endif
