/* The life of tasks, as the files of os/kernel share it. */
#ifndef KERNEL_PROCESS_H
#define KERNEL_PROCESS_H

#include "kernel/task.h"

struct file;
struct trap_frame;

/* task.c */
extern struct task *init_task;	/* (!) process 1, who inherits orphans */

void task_init(void);		/* caches and limits; after mm_boot */

/*
 * A task with a stack, its own pid, and nothing else; on no list. NULL if there is no
 * memory or there are too many tasks.
 */
struct task *task_alloc(const char *name);

/* Gives back a task that is on no list, and has left its CPU for good. */
void task_free(struct task *task);

/* On and off task_list and PARENT's children (NULL: nobody's). task_list_lock held. */
void task_link(struct task *task, struct task *parent);
void task_unlink(struct task *task);

/* fork.c */
long do_fork(const struct trap_frame *frame);	/* the child's pid, or -errno */

/*
 * exec.c: replaces the current task's image with a program. STRINGS are user memory, or
 * kernel memory for process 1's first program. On an error the old image is untouched.
 */
struct exec_strings {
	const char *const *argv, *const *envp;	/* each ends with NULL; NULL is empty */
	bool kernel;				/* they are in kernel memory */
};

int do_exec(const char *path, const struct exec_strings *strings);

/* exit.c: STATUS as wait4 reports it. */
void do_exit(int status) __noreturn;

/* files.c: the descriptors of the current process. */
int fd_alloc(struct file *file, unsigned from);		/* takes the reference; or -EMFILE */
struct file *fd_file(unsigned fd);			/* not a reference; NULL if not open */
int fd_close(unsigned fd);
void fd_set_cloexec(unsigned fd, bool on);
bool fd_cloexec(unsigned fd);
void files_fork(struct task *child);
void files_exit(void);
void files_exec(void);					/* closes the close-on-exec ones */

/* overflow.c: in the checking build, overflows the stack of THREAD if a boot option says so. */
#ifdef CHECK
extern const char *overflow_thread;			/* (!) that option; empty: none */
void overflow_on_purpose(const char *thread);
#else
static inline void overflow_on_purpose(const char *thread)
{
}
#endif

/* signal.c: sends SIG to every process but init and the caller; how many there were. */
unsigned signal_all(int sig);

#endif
