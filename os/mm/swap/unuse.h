/* unuse.c: brings back everything that is in a swap area. */
#ifndef MM_SWAP_UNUSE_H
#define MM_SWAP_UNUSE_H

/*
 * Empties an area that gives out no slots any more. 0, or -ENOMEM, -EIO or -EINTR (2.6): what
 * is back by then stays so, and the rest keeps its slots.
 */
int try_to_unuse(unsigned type);

#endif
