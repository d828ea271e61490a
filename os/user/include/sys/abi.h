/*
 * What user space and the kernel agree on besides system-call numbers: structures, flags
 * and request codes, with Linux's layout on each machine. A field's unit is given where its
 * name does not say it; nothing here has a lock, each structure belongs to its caller.
 */
#ifndef SYS_ABI_H
#define SYS_ABI_H

#include <stddef.h>
#include <stdint.h>

typedef long ssize_t;
typedef int pid_t;
typedef long time_t;
typedef long long off_t;

#define PAGE_SIZE	4096

/* open */
#define O_RDONLY	0
#define O_WRONLY	1
#define O_RDWR		2
#define O_CREAT		0100
#define O_EXCL		0200
#define O_TRUNC		01000
#define O_APPEND	02000
#define O_DIRECTORY	0200000
#define O_CLOEXEC	02000000

#define SEEK_SET	0
#define SEEK_CUR	1
#define SEEK_END	2

/* access */
#define F_OK		0
#define X_OK		1
#define W_OK		2
#define R_OK		4

/* mmap, mprotect, msync, madvise, mlockall */
#define PROT_NONE	0
#define PROT_READ	1
#define PROT_WRITE	2
#define PROT_EXEC	4
#define MAP_SHARED	0x01
#define MAP_PRIVATE	0x02
#define MAP_FIXED	0x10
#define MAP_ANONYMOUS	0x20
#define MAP_NORESERVE	0x4000
#define MAP_LOCKED	0x2000
#define MAP_FAILED	((void *)-1)
#define MS_ASYNC	1
#define MS_SYNC		4
#define MADV_NORMAL	0
#define MADV_RANDOM	1
#define MADV_SEQUENTIAL	2
#define MADV_WILLNEED	3
#define MADV_DONTNEED	4
#define MCL_CURRENT	1
#define MCL_FUTURE	2

/* getrlimit, setrlimit */
#define RLIMIT_DATA	2
#define RLIMIT_STACK	3
#define RLIMIT_MEMLOCK	8
#define RLIMIT_AS	9
#define RLIM_INFINITY	(~0UL)

struct rlimit {
	unsigned long rlim_cur;		/* bytes; the limit that counts */
	unsigned long rlim_max;		/* what the process itself may raise it to */
};

/* signals that we name */
#define SIGHUP		1
#define SIGINT		2
#define SIGQUIT		3
#define SIGILL		4
#define SIGABRT		6
#define SIGBUS		7
#define SIGFPE		8
#define SIGKILL		9
#define SIGUSR1		10
#define SIGSEGV		11
#define SIGUSR2		12
#define SIGPIPE		13
#define SIGALRM		14
#define SIGTERM		15
#define SIGCHLD		17

/* wait4: options, and what the status word says */
#define WNOHANG		1
#define WIFEXITED(status)	(((status) & 0x7f) == 0)
#define WEXITSTATUS(status)	(((status) >> 8) & 0xff)
#define WIFSIGNALED(status)	(((status) & 0x7f) != 0 && ((status) & 0x7f) != 0x7f)
#define WTERMSIG(status)	((status) & 0x7f)

/* file types in st_mode */
#define S_IFMT		0170000
#define S_IFDIR		0040000
#define S_IFCHR		0020000
#define S_IFBLK		0060000
#define S_IFREG		0100000
#define S_IFIFO		0010000
#define S_IFLNK		0120000
#define S_ISDIR(mode)	(((mode) & S_IFMT) == S_IFDIR)
#define S_ISCHR(mode)	(((mode) & S_IFMT) == S_IFCHR)
#define S_ISREG(mode)	(((mode) & S_IFMT) == S_IFREG)
#define S_ISLNK(mode)	(((mode) & S_IFMT) == S_IFLNK)

#ifdef __i386__
/* Linux's stat64 on i386: 96 bytes. */
struct stat {
	uint64_t st_dev;		/* device that holds the file */
	uint32_t pad_dev;
	uint32_t ino_low;		/* the low half of st_ino */
	uint32_t st_mode;		/* type and permission bits */
	uint32_t st_nlink;		/* names that the inode has */
	uint32_t st_uid;
	uint32_t st_gid;
	uint64_t st_rdev;		/* device number of a device file */
	uint32_t pad_rdev;
	int64_t st_size;		/* bytes */
	uint32_t st_blksize;		/* preferred bytes for one read */
	uint64_t st_blocks;		/* allocated units of 512 bytes */
	uint32_t st_atime, st_atime_nsec;
	uint32_t st_mtime, st_mtime_nsec;
	uint32_t st_ctime, st_ctime_nsec;
	uint64_t st_ino;
};
_Static_assert(sizeof(struct stat) == 96, "stat64 of i386");

/* Linux's statfs64 on i386: 84 bytes; the counts are in units of f_bsize. */
struct statfs {
	uint32_t f_type;		/* the file system's magic number */
	uint32_t f_bsize;		/* bytes in a block */
	uint64_t f_blocks;
	uint64_t f_bfree;
	uint64_t f_bavail;		/* free, without root's reserve */
	uint64_t f_files;		/* inodes */
	uint64_t f_ffree;
	int32_t f_fsid[2];
	uint32_t f_namelen;		/* longest name, bytes */
	uint32_t f_frsize;
	uint32_t f_flags;
	uint32_t spare[4];
};
_Static_assert(sizeof(struct statfs) == 84, "statfs64 of i386");
#else
/* Linux's stat on x86-64: 144 bytes. */
struct stat {
	uint64_t st_dev;		/* device that holds the file */
	uint64_t st_ino;
	uint64_t st_nlink;		/* names that the inode has */
	uint32_t st_mode;		/* type and permission bits */
	uint32_t st_uid;
	uint32_t st_gid;
	uint32_t pad;
	uint64_t st_rdev;		/* device number of a device file */
	int64_t st_size;		/* bytes */
	int64_t st_blksize;		/* preferred bytes for one read */
	int64_t st_blocks;		/* allocated units of 512 bytes */
	uint64_t st_atime, st_atime_nsec;
	uint64_t st_mtime, st_mtime_nsec;
	uint64_t st_ctime, st_ctime_nsec;
	int64_t spare[3];
};
_Static_assert(sizeof(struct stat) == 144, "stat of x86-64");

/* Linux's statfs on x86-64: 120 bytes; the counts are in units of f_bsize. */
struct statfs {
	int64_t f_type;			/* the file system's magic number */
	int64_t f_bsize;		/* bytes in a block */
	uint64_t f_blocks;
	uint64_t f_bfree;
	uint64_t f_bavail;		/* free, without root's reserve */
	uint64_t f_files;		/* inodes */
	uint64_t f_ffree;
	int32_t f_fsid[2];
	int64_t f_namelen;		/* longest name, bytes */
	int64_t f_frsize;
	int64_t f_flags;
	int64_t spare[4];
};
_Static_assert(sizeof(struct statfs) == 120, "statfs of x86-64");
#endif

/* One record of getdents64; the next one starts d_reclen bytes on. */
struct dirent64 {
	uint64_t d_ino;
	int64_t d_off;			/* where the following record is, for lseek */
	uint16_t d_reclen;		/* bytes of this record, with its name and padding */
	uint8_t d_type;			/* DT_ value, or 0 for not known */
	char d_name[];			/* ends with a zero byte */
};

#define DT_DIR		4
#define DT_REG		8

struct timespec {
	time_t tv_sec;
	long tv_nsec;
};

struct timeval {
	time_t tv_sec;
	long tv_usec;
};

#define CLOCK_REALTIME	0
#define CLOCK_MONOTONIC	1

/* What wait4 reports of a finished child; the kernel may leave all but the times zero. */
struct rusage {
	struct timeval ru_utime;	/* time in user mode */
	struct timeval ru_stime;	/* time in the kernel */
	long others[14];		/* sizes, faults, switches, in Linux's order */
};

struct sysinfo {
	long uptime;			/* seconds since boot */
	unsigned long loads[3];		/* 1, 5, 15 minutes, 16 fraction bits */
	unsigned long totalram;		/* this and the next five in units of mem_unit */
	unsigned long freeram;
	unsigned long sharedram;
	unsigned long bufferram;
	unsigned long totalswap;
	unsigned long freeswap;
	uint16_t procs;			/* processes now */
	uint16_t pad;
	unsigned long totalhigh;	/* HighMem, in units of mem_unit */
	unsigned long freehigh;
	uint32_t mem_unit;		/* bytes */
	char spare[20 - 2 * sizeof(long) - sizeof(int)];
};

/* Each field ends with a zero byte. */
struct utsname {
	char sysname[65];
	char nodename[65];
	char release[65];
	char version[65];
	char machine[65];
	char domainname[65];
};

/* Terminal settings as TCGETS and TCSETS pass them. */
struct termios {
	uint32_t c_iflag;		/* input: ICRNL, ... */
	uint32_t c_oflag;		/* output: OPOST, ... */
	uint32_t c_cflag;		/* line speed and framing */
	uint32_t c_lflag;		/* local: ISIG, ICANON, ECHO, ... */
	uint8_t c_line;			/* line discipline */
	uint8_t c_cc[19];		/* special characters, by index */
};

struct winsize {
	uint16_t ws_row;		/* characters */
	uint16_t ws_col;
	uint16_t ws_xpixel;
	uint16_t ws_ypixel;
};

#define TCGETS		0x5401
#define TCSETS		0x5402
#define TIOCSPGRP	0x5410	/* int *: who gets SIGINT for ^C: a process and its children */
#define TIOCGWINSZ	0x5413
#define ICRNL		0000400
#define IXON		0002000
#define ISIG		0000001
#define ICANON		0000002
#define ECHO		0000010
#define IEXTEN		0100000
#define VTIME		5
#define VMIN		6

/* reboot */
#define LINUX_REBOOT_MAGIC1		0xfee1dead
#define LINUX_REBOOT_MAGIC2		0x28121969
#define LINUX_REBOOT_CMD_RESTART	0x01234567
#define LINUX_REBOOT_CMD_POWER_OFF	0x4321fedc

/* swapon: with SWAP_FLAG_PREFER the low bits hold the priority */
#define SWAP_FLAG_PREFER	0x8000
#define SWAP_FLAG_PRIO_MASK	0x7fff

#endif
