/*
 * Allocation masks: what an allocation may do to get its pages (facts 2.4, 4.1).
 */
#ifndef MM_GFP_H
#define MM_GFP_H

#define __GFP_WAIT	0x01u	/* may sleep and reclaim */
#define __GFP_HIGH	0x02u	/* wants the reserves; stored, never tested in 2.4 (Q32) */
#define __GFP_IO	0x04u	/* may start disk I/O */
#define __GFP_DMA	0x08u	/* only from zone DMA; wins over HIGHMEM */
#define __GFP_HIGHMEM	0x10u	/* a frame without a kernel address will do */

#define GFP_NONE	0u
#define GFP_BUFFER	(__GFP_HIGH | __GFP_WAIT)
#define GFP_ATOMIC	__GFP_HIGH
#define GFP_USER	(__GFP_WAIT | __GFP_IO)
#define GFP_HIGHUSER	(__GFP_WAIT | __GFP_IO | __GFP_HIGHMEM)
#define GFP_KERNEL	(__GFP_HIGH | __GFP_WAIT | __GFP_IO)
#define GFP_NFS		(__GFP_HIGH | __GFP_WAIT | __GFP_IO)
#define GFP_KSWAPD	__GFP_IO

#endif
