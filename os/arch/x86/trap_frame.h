/*
 * What both PCs read from a trap frame in the same way. Included by machine_arch.h,
 * behind its struct trap_frame.
 */
#ifndef X86_TRAP_FRAME_H
#define X86_TRAP_FRAME_H

static inline bool frame_user_mode(const struct trap_frame *frame)
{
	return (frame->cs & 3) == 3;
}

static inline unsigned long frame_ip(const struct trap_frame *frame)
{
	return frame->ip;
}

static inline unsigned long frame_sp(const struct trap_frame *frame)
{
	return frame->sp;
}

static inline long frame_syscall_nr(const struct trap_frame *frame)
{
	return (long)frame->ax;
}

static inline void frame_set_result(struct trap_frame *frame, long result)
{
	frame->ax = (unsigned long)result;
}

#endif
