/*
 * The system calls as C functions: each puts its arguments in order, traps, and turns a
 * negative result into -1 and errno. The only file that knows where the two machines'
 * calls differ: 64-bit offsets and structures have their own calls on i386.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

int errno;

#define MAX_ERROR	4095

static long result(long value)
{
	if ((unsigned long)value >= (unsigned long)-MAX_ERROR) {
		errno = -value;
		return -1;
	}
	return value;
}

/* CALL(name, up to six arguments): missing ones are zero. */
#define CALL(name, ...)	CALL_PADDED(SYS_##name, ##__VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define CALL_PADDED(number, a, b, c, d, e, f, ...) \
	result(raw_syscall(number, (long)(a), (long)(b), (long)(c), (long)(d), \
			   (long)(e), (long)(f)))

pid_t fork(void)
{
	fflush(stdout);
	return CALL(fork);
}

int execve(const char *path, char *const argv[], char *const envp[])
{
	return CALL(execve, path, argv, envp);
}

int execv(const char *path, char *const argv[])
{
	char *const no_environment[] = { NULL };

	return execve(path, argv, no_environment);
}

void _exit(int status)
{
	CALL(exit_group, status);
	for (;;)
		CALL(exit, status);
}

pid_t wait4(pid_t pid, int *status, int options, struct rusage *usage)
{
	return CALL(wait4, pid, status, options, usage);
}

pid_t waitpid(pid_t pid, int *status, int options)
{
	return wait4(pid, status, options, NULL);
}

int kill(pid_t pid, int signal)
{
	return CALL(kill, pid, signal);
}

int pause(void)
{
	return CALL(pause);
}

int sched_yield(void)
{
	return CALL(sched_yield);
}

pid_t getpid(void)
{
	return CALL(getpid);
}

pid_t getppid(void)
{
	return CALL(getppid);
}

pid_t gettid(void)
{
	return CALL(gettid);
}

int open(const char *path, int flags, ...)
{
	unsigned int mode = 0;

	if (flags & O_CREAT) {
		va_list args;

		va_start(args, flags);
		mode = va_arg(args, unsigned int);
		va_end(args);
	}
	return CALL(open, path, flags, mode);
}

int close(int fd)
{
	return CALL(close, fd);
}

ssize_t read(int fd, void *buffer, size_t count)
{
	return CALL(read, fd, buffer, count);
}

ssize_t write(int fd, const void *buffer, size_t count)
{
	return CALL(write, fd, buffer, count);
}

int dup(int fd)
{
	return CALL(dup, fd);
}

int dup2(int old_fd, int new_fd)
{
	return CALL(dup2, old_fd, new_fd);
}

int pipe(int fds[2])
{
	return CALL(pipe, fds);
}

int ioctl(int fd, unsigned long request, void *argument)
{
	return CALL(ioctl, fd, request, argument);
}

int fsync(int fd)
{
	return CALL(fsync, fd);
}

int fdatasync(int fd)
{
	return CALL(fdatasync, fd);
}

ssize_t getdents64(int fd, void *buffer, size_t bytes)
{
	return CALL(getdents64, fd, buffer, bytes);
}

#ifdef __i386__
off_t lseek(int fd, off_t offset, int whence)
{
	off_t position = 0;

	if (CALL(_llseek, fd, (uint64_t)offset >> 32, (uint32_t)offset, &position, whence))
		return -1;
	return position;
}

int truncate(const char *path, off_t length)
{
	return CALL(truncate64, path, (uint32_t)length, (uint64_t)length >> 32);
}

int ftruncate(int fd, off_t length)
{
	return CALL(ftruncate64, fd, (uint32_t)length, (uint64_t)length >> 32);
}

int stat(const char *path, struct stat *to)
{
	return CALL(stat64, path, to);
}

int lstat(const char *path, struct stat *to)
{
	return CALL(lstat64, path, to);
}

int fstat(int fd, struct stat *to)
{
	return CALL(fstat64, fd, to);
}

int statfs(const char *path, struct statfs *to)
{
	return CALL(statfs64, path, sizeof(*to), to);
}

void *mmap(void *address, size_t length, int prot, int flags, int fd, off_t offset)
{
	if (offset & (PAGE_SIZE - 1)) {
		errno = EINVAL;
		return MAP_FAILED;
	}
	return (void *)CALL(mmap2, address, length, prot, flags, fd,
			    (uint32_t)(offset / PAGE_SIZE));
}

int getuid(void)
{
	return CALL(getuid32);
}
#else
off_t lseek(int fd, off_t offset, int whence)
{
	return CALL(lseek, fd, offset, whence);
}

int truncate(const char *path, off_t length)
{
	return CALL(truncate, path, length);
}

int ftruncate(int fd, off_t length)
{
	return CALL(ftruncate, fd, length);
}

int stat(const char *path, struct stat *to)
{
	return CALL(stat, path, to);
}

int lstat(const char *path, struct stat *to)
{
	return CALL(lstat, path, to);
}

int fstat(int fd, struct stat *to)
{
	return CALL(fstat, fd, to);
}

int statfs(const char *path, struct statfs *to)
{
	return CALL(statfs, path, to);
}

void *mmap(void *address, size_t length, int prot, int flags, int fd, off_t offset)
{
	return (void *)CALL(mmap, address, length, prot, flags, fd, offset);
}

int getuid(void)
{
	return CALL(getuid);
}
#endif

int access(const char *path, int mode)
{
	return CALL(access, path, mode);
}

int chdir(const char *path)
{
	return CALL(chdir, path);
}

int getcwd(char *buffer, size_t size)
{
	return CALL(getcwd, buffer, size);
}

int mkdir(const char *path, unsigned int mode)
{
	return CALL(mkdir, path, mode);
}

int rmdir(const char *path)
{
	return CALL(rmdir, path);
}

int link(const char *old_path, const char *new_path)
{
	return CALL(link, old_path, new_path);
}

int symlink(const char *target, const char *path)
{
	return CALL(symlink, target, path);
}

ssize_t readlink(const char *path, char *buffer, size_t size)
{
	return CALL(readlink, path, buffer, size);
}

int unlink(const char *path)
{
	return CALL(unlink, path);
}

int rename(const char *old_path, const char *new_path)
{
	return CALL(rename, old_path, new_path);
}

int chmod(const char *path, unsigned int mode)
{
	return CALL(chmod, path, mode);
}

int umask(unsigned int mask)
{
	return CALL(umask, mask);
}

int mount(const char *source, const char *target, const char *type, unsigned long flags,
	  const void *data)
{
	return CALL(mount, source, target, type, flags, data);
}

int umount2(const char *target, int flags)
{
	return CALL(umount2, target, flags);
}

void sync(void)
{
	CALL(sync);
}

int munmap(void *address, size_t length)
{
	return CALL(munmap, address, length);
}

int mprotect(void *address, size_t length, int prot)
{
	return CALL(mprotect, address, length, prot);
}

int msync(void *address, size_t length, int flags)
{
	return CALL(msync, address, length, flags);
}

int madvise(void *address, size_t length, int advice)
{
	return CALL(madvise, address, length, advice);
}

int mincore(void *address, size_t length, unsigned char *resident)
{
	return CALL(mincore, address, length, resident);
}

int remap_file_pages(void *address, size_t length, int prot, size_t page_offset, int flags)
{
	return CALL(remap_file_pages, address, length, prot, page_offset, flags);
}

int mlock(const void *address, size_t length)
{
	return CALL(mlock, address, length);
}

int munlock(const void *address, size_t length)
{
	return CALL(munlock, address, length);
}

int mlockall(int flags)
{
	return CALL(mlockall, flags);
}

int munlockall(void)
{
	return CALL(munlockall);
}

int getrlimit(int resource, struct rlimit *limit)
{
	return CALL(getrlimit, resource, limit);
}

int setrlimit(int resource, const struct rlimit *limit)
{
	return CALL(setrlimit, resource, limit);
}

/* In a process without privileges one cannot come back. */
int setuid(unsigned int uid)
{
	return CALL(setuid, uid);
}

/* The kernel answers with the break that is now in force, and refuses by not moving it. */
int brk(void *end)
{
	if (raw_syscall(SYS_brk, (long)end, 0, 0, 0, 0, 0) != (long)end) {
		errno = ENOMEM;
		return -1;
	}
	return 0;
}

void *sbrk(long bytes)
{
	char *now = (char *)raw_syscall(SYS_brk, 0, 0, 0, 0, 0, 0);

	return bytes == 0 || brk(now + bytes) == 0 ? now : (void *)-1;
}

int swapon(const char *path, int flags)
{
	return CALL(swapon, path, flags);
}

int swapoff(const char *path)
{
	return CALL(swapoff, path);
}

time_t time(time_t *to)
{
	return CALL(time, to);
}

int gettimeofday(struct timeval *to, void *zone)
{
	return CALL(gettimeofday, to, zone);
}

int clock_gettime(int clock, struct timespec *to)
{
	return CALL(clock_gettime, clock, to);
}

int nanosleep(const struct timespec *request, struct timespec *left)
{
	return CALL(nanosleep, request, left);
}

uint64_t monotonic_ns(void)
{
	struct timespec now = { 0, 0 };

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void sleep_ms(unsigned int milliseconds)
{
	struct timespec request = {
		milliseconds / 1000, (long)(milliseconds % 1000) * 1000000
	};

	nanosleep(&request, NULL);
}

int sysinfo(struct sysinfo *to)
{
	return CALL(sysinfo, to);
}

int uname(struct utsname *to)
{
	return CALL(uname, to);
}

int reboot(unsigned int command, long argument)
{
	return CALL(reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, command, argument);
}
