/*
 * The system calls as C functions. Each returns what Linux's does, and on failure -1 (mmap:
 * MAP_FAILED) with the reason in errno. raw_syscall is the bare trap, which returns a
 * negative error number and leaves errno alone.
 */
#ifndef UNISTD_H
#define UNISTD_H

#include <sys/abi.h>

long raw_syscall(long number, long a, long b, long c, long d, long e, long f);

/* processes */
pid_t fork(void);	/* flushes stdout first, so that the child does not repeat it */
int execve(const char *path, char *const argv[], char *const envp[]);
int execv(const char *path, char *const argv[]);
_Noreturn void _exit(int status);
pid_t wait4(pid_t pid, int *status, int options, struct rusage *usage);
pid_t waitpid(pid_t pid, int *status, int options);
int kill(pid_t pid, int signal);
int pause(void);
int sched_yield(void);
pid_t getpid(void);
pid_t getppid(void);
pid_t gettid(void);
int getuid(void);

/* files */
int open(const char *path, int flags, ...);	/* third argument: mode, with O_CREAT */
int close(int fd);
ssize_t read(int fd, void *buffer, size_t count);
ssize_t write(int fd, const void *buffer, size_t count);
off_t lseek(int fd, off_t offset, int whence);
int dup(int fd);
int dup2(int old_fd, int new_fd);
int pipe(int fds[2]);
int ioctl(int fd, unsigned long request, void *argument);
int fsync(int fd);
int fdatasync(int fd);
int truncate(const char *path, off_t length);
int ftruncate(int fd, off_t length);
int stat(const char *path, struct stat *result);
int lstat(const char *path, struct stat *result);
int fstat(int fd, struct stat *result);
int statfs(const char *path, struct statfs *result);
ssize_t getdents64(int fd, void *buffer, size_t bytes);

/* names */
int access(const char *path, int mode);
int chdir(const char *path);
int getcwd(char *buffer, size_t size);	/* bytes of the path with its zero byte */
int mkdir(const char *path, unsigned int mode);
int rmdir(const char *path);
int link(const char *old_path, const char *new_path);
int symlink(const char *target, const char *path);
ssize_t readlink(const char *path, char *buffer, size_t size);
int unlink(const char *path);
int rename(const char *old_path, const char *new_path);
int chmod(const char *path, unsigned int mode);
int umask(unsigned int mask);
int mount(const char *source, const char *target, const char *type, unsigned long flags,
	  const void *data);
int umount2(const char *target, int flags);
void sync(void);

/* memory */
void *mmap(void *address, size_t length, int prot, int flags, int fd, off_t offset);
int munmap(void *address, size_t length);
int mprotect(void *address, size_t length, int prot);
int msync(void *address, size_t length, int flags);
int madvise(void *address, size_t length, int advice);
int mincore(void *address, size_t length, unsigned char *resident);
int remap_file_pages(void *address, size_t length, int prot, size_t page_offset, int flags);
int mlock(const void *address, size_t length);
int munlock(const void *address, size_t length);
int mlockall(int flags);
int munlockall(void);
int getrlimit(int resource, struct rlimit *limit);
int setrlimit(int resource, const struct rlimit *limit);
int setuid(unsigned int uid);
int brk(void *end);
void *sbrk(long bytes);	/* the break before the change, or (void *)-1 */
int swapon(const char *path, int flags);
int swapoff(const char *path);

/* time and the machine */
time_t time(time_t *result);
int gettimeofday(struct timeval *result, void *zone);
int clock_gettime(int clock, struct timespec *result);
int nanosleep(const struct timespec *request, struct timespec *left);
uint64_t monotonic_ns(void);		/* CLOCK_MONOTONIC, in nanoseconds */
void sleep_ms(unsigned int milliseconds);
int sysinfo(struct sysinfo *result);
int uname(struct utsname *result);
int reboot(unsigned int command, long argument);

#endif
