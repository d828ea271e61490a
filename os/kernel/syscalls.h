/*
 * All system calls: name, number on i386, number on x86-64, arguments. The numbers, the
 * order of arguments and the results are Linux's; NONE: not on that machine. The tables of
 * the kernel and of the book are made from this list.
 *
 * Each is a function sys_NAME(arguments) that returns a result or a negative errno.
 */
#ifndef KERNEL_SYSCALLS_H
#define KERNEL_SYSCALLS_H

#include "lib/types.h"

struct limit;
struct user_iovec;
struct user_linux_dirent64;
struct user_rusage;
struct user_stat;
struct user_statfs;
struct user_sysinfo;
struct user_timespec;
struct user_timeval;
struct user_tms;
struct user_utsname;

#define SYSCALLS(X)									\
	/* exec.c, exit.c, fork.c, limits.c, signal.c, sys_process.c */			\
	X(exit,		1,	60,	(int code))					\
	X(fork,		2,	57,	(void))						\
	X(vfork,	190,	58,	(void))						\
	X(execve,	11,	59,	(const char *path, const char *const *argv,	\
					 const char *const *envp))			\
	X(wait4,	114,	61,	(int pid, int *status, int options,		\
					 struct user_rusage *usage))			\
	X(waitpid,	7,	NONE,	(int pid, int *status, int options))		\
	X(exit_group,	252,	231,	(int code))					\
	X(kill,		37,	62,	(int pid, int sig))				\
	X(getpid,	20,	39,	(void))						\
	X(getppid,	64,	110,	(void))						\
	X(gettid,	224,	186,	(void))						\
	X(pause,	29,	34,	(void))						\
	X(nice,		34,	NONE,	(int by))					\
	X(getpriority,	96,	140,	(int which, int who))				\
	X(setpriority,	97,	141,	(int which, int who, int nice))			\
	X(sched_yield,	158,	24,	(void))						\
	X(getuid,	24,	102,	(void))						\
	X(getgid,	47,	104,	(void))						\
	X(geteuid,	49,	107,	(void))						\
	X(getegid,	50,	108,	(void))						\
	X(getuid32,	199,	NONE,	(void))						\
	X(getgid32,	200,	NONE,	(void))						\
	X(geteuid32,	201,	NONE,	(void))						\
	X(getegid32,	202,	NONE,	(void))						\
	X(setuid,	23,	105,	(unsigned uid))					\
	X(umask,	60,	95,	(unsigned mask))				\
	X(getrlimit,	NONE,	97,	(unsigned resource, struct limit *limit))	\
	X(ugetrlimit,	191,	NONE,	(unsigned resource, struct limit *limit))	\
	X(setrlimit,	75,	160,	(unsigned resource,				\
					 const struct limit *limit))			\
	/* sys_file.c, sys_fd.c, sys_stat.c, pipe.c */				\
	X(read,		3,	0,	(unsigned fd, char *buffer, size_t bytes))	\
	X(write,	4,	1,	(unsigned fd, const char *buffer,		\
					 size_t bytes))					\
	X(readv,	145,	19,	(unsigned fd, const struct user_iovec *vector,	\
					 unsigned count))				\
	X(writev,	146,	20,	(unsigned fd, const struct user_iovec *vector,	\
					 unsigned count))				\
	X(pread64,	180,	17,	(unsigned fd, char *buffer, size_t bytes,	\
					 unsigned long low, unsigned long high))	\
	X(pwrite64,	181,	18,	(unsigned fd, const char *buffer, size_t bytes,	\
					 unsigned long low, unsigned long high))	\
	X(open,		5,	2,	(const char *path, unsigned flags,		\
					 unsigned mode))				\
	X(creat,	8,	85,	(const char *path, unsigned mode))		\
	X(close,	6,	3,	(unsigned fd))					\
	X(lseek,	19,	8,	(unsigned fd, long offset, unsigned whence))	\
	X(_llseek,	140,	NONE,	(unsigned fd, unsigned long high,		\
					 unsigned long low, s64 *result,		\
					 unsigned whence))				\
	X(dup,		41,	32,	(unsigned fd))					\
	X(dup2,		63,	33,	(unsigned from, unsigned to))			\
	X(pipe,		42,	22,	(int *fds))					\
	X(pipe2,	331,	293,	(int *fds, unsigned flags))			\
	X(fcntl,	55,	72,	(unsigned fd, unsigned command,			\
					 unsigned long argument))			\
	X(fcntl64,	221,	NONE,	(unsigned fd, unsigned command,			\
					 unsigned long argument))			\
	X(ioctl,	54,	16,	(unsigned fd, unsigned command,			\
					 unsigned long argument))			\
	X(getdents64,	220,	217,	(unsigned fd, void *buffer, unsigned bytes))	\
	X(fsync,	118,	74,	(unsigned fd))					\
	X(fdatasync,	148,	75,	(unsigned fd))					\
	X(sync,		36,	162,	(void))						\
	X(stat,		NONE,	4,	(const char *path, struct user_stat *out))	\
	X(fstat,	NONE,	5,	(unsigned fd, struct user_stat *out))		\
	X(lstat,	NONE,	6,	(const char *path, struct user_stat *out))	\
	X(stat64,	195,	NONE,	(const char *path, struct user_stat *out))	\
	X(lstat64,	196,	NONE,	(const char *path, struct user_stat *out))	\
	X(fstat64,	197,	NONE,	(unsigned fd, struct user_stat *out))		\
	X(statfs,	NONE,	137,	(const char *path, struct user_statfs *out))	\
	X(fstatfs,	NONE,	138,	(unsigned fd, struct user_statfs *out))		\
	X(statfs64,	268,	NONE,	(const char *path, size_t size,			\
					 struct user_statfs *out))			\
	X(fstatfs64,	269,	NONE,	(unsigned fd, size_t size,			\
					 struct user_statfs *out))			\
	X(access,	33,	21,	(const char *path, unsigned mode))		\
	X(truncate,	92,	76,	(const char *path, long size))			\
	X(ftruncate,	93,	77,	(unsigned fd, long size))			\
	X(truncate64,	193,	NONE,	(const char *path, unsigned long low,		\
					 unsigned long high))				\
	X(ftruncate64,	194,	NONE,	(unsigned fd, unsigned long low,		\
					 unsigned long high))				\
	/* sys_path.c */								\
	X(link,		9,	86,	(const char *from, const char *to))		\
	X(unlink,	10,	87,	(const char *path))				\
	X(symlink,	83,	88,	(const char *target, const char *path))		\
	X(readlink,	85,	89,	(const char *path, char *buffer, int bytes))	\
	X(rename,	38,	82,	(const char *from, const char *to))		\
	X(mkdir,	39,	83,	(const char *path, unsigned mode))		\
	X(rmdir,	40,	84,	(const char *path))				\
	X(chmod,	15,	90,	(const char *path, unsigned mode))		\
	X(chdir,	12,	80,	(const char *path))				\
	X(fchdir,	133,	81,	(unsigned fd))					\
	X(getcwd,	183,	79,	(char *buffer, size_t bytes))			\
	X(mount,	21,	165,	(const char *device, const char *where,		\
					 const char *type, unsigned long flags,		\
					 const void *data))				\
	X(umount2,	52,	166,	(const char *where, int flags))			\
	/* sys_mm.c; swapon and swapoff are in mm/swap */				\
	X(brk,		45,	12,	(unsigned long end))				\
	X(mmap,		NONE,	9,	(unsigned long address, unsigned long length,	\
					 unsigned prot, unsigned flags, unsigned fd,	\
					 unsigned long offset))				\
	X(mmap2,	192,	NONE,	(unsigned long address, unsigned long length,	\
					 unsigned prot, unsigned flags, unsigned fd,	\
					 unsigned long page_offset))			\
	X(munmap,	91,	11,	(unsigned long address, unsigned long length))	\
	X(mprotect,	125,	10,	(unsigned long address, unsigned long length,	\
					 unsigned prot))				\
	X(msync,	144,	26,	(unsigned long address, unsigned long length,	\
					 int flags))					\
	X(mincore,	218,	27,	(unsigned long address, unsigned long length,	\
					 unsigned char *vector))			\
	X(madvise,	219,	28,	(unsigned long address, unsigned long length,	\
					 int advice))					\
	X(remap_file_pages, 257, 216,	(unsigned long address, unsigned long length,	\
					 unsigned prot, unsigned long page_offset,	\
					 unsigned flags))				\
	X(mlock,	150,	149,	(unsigned long address, unsigned long length))	\
	X(munlock,	151,	150,	(unsigned long address, unsigned long length))	\
	X(mlockall,	152,	151,	(int flags))					\
	X(munlockall,	153,	152,	(void))						\
	X(swapon,	87,	167,	(const char *path, int flags))			\
	X(swapoff,	115,	168,	(const char *path))				\
	/* time.c, sys_info.c */							\
	X(time,		13,	201,	(long *seconds))				\
	X(gettimeofday,	78,	96,	(struct user_timeval *now, void *zone))		\
	X(clock_gettime, 265,	228,	(int clock, struct user_timespec *now))		\
	X(nanosleep,	162,	35,	(const struct user_timespec *span,		\
					 struct user_timespec *left))			\
	X(times,	43,	100,	(struct user_tms *times))			\
	X(sysinfo,	116,	99,	(struct user_sysinfo *info))			\
	X(uname,	122,	63,	(struct user_utsname *name))			\
	X(reboot,	88,	169,	(unsigned magic1, unsigned magic2,		\
					 unsigned command, unsigned long status))

#define X(name, nr32, nr64, arguments)	long sys_##name arguments;
SYSCALLS(X)
#undef X

#endif
