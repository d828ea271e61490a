#ifndef SYS_SYSCALL_H
#define SYS_SYSCALL_H

#if defined(__i386__)

#define SYS_exit 1
#define SYS_fork 2
#define SYS_read 3
#define SYS_write 4
#define SYS_open 5
#define SYS_close 6
#define SYS_link 9
#define SYS_unlink 10
#define SYS_execve 11
#define SYS_chdir 12
#define SYS_time 13
#define SYS_chmod 15
#define SYS_getpid 20
#define SYS_mount 21
#define SYS_pause 29
#define SYS_access 33
#define SYS_sync 36
#define SYS_kill 37
#define SYS_rename 38
#define SYS_mkdir 39
#define SYS_rmdir 40
#define SYS_dup 41
#define SYS_pipe 42
#define SYS_brk 45
#define SYS_umount2 52
#define SYS_ioctl 54
#define SYS_umask 60
#define SYS_dup2 63
#define SYS_getppid 64
#define SYS_gettimeofday 78
#define SYS_symlink 83
#define SYS_readlink 85
#define SYS_swapon 87
#define SYS_reboot 88
#define SYS_munmap 91
#define SYS_wait4 114
#define SYS_swapoff 115
#define SYS_sysinfo 116
#define SYS_fsync 118
#define SYS_uname 122
#define SYS_mprotect 125
#define SYS__llseek 140
#define SYS_msync 144
#define SYS_fdatasync 148
#define SYS_mlock 150
#define SYS_munlock 151
#define SYS_mlockall 152
#define SYS_munlockall 153
#define SYS_sched_yield 158
#define SYS_nanosleep 162
#define SYS_getcwd 183
#define SYS_mmap2 192
#define SYS_truncate64 193
#define SYS_ftruncate64 194
#define SYS_stat64 195
#define SYS_lstat64 196
#define SYS_fstat64 197
#define SYS_getuid32 199
#define SYS_mincore 218
#define SYS_madvise 219
#define SYS_getdents64 220
#define SYS_gettid 224
#define SYS_exit_group 252
#define SYS_clock_gettime 265
#define SYS_statfs64 268

#elif defined(__x86_64__)

#define SYS_read 0
#define SYS_write 1
#define SYS_open 2
#define SYS_close 3
#define SYS_stat 4
#define SYS_fstat 5
#define SYS_lstat 6
#define SYS_lseek 8
#define SYS_mmap 9
#define SYS_mprotect 10
#define SYS_munmap 11
#define SYS_brk 12
#define SYS_ioctl 16
#define SYS_access 21
#define SYS_pipe 22
#define SYS_sched_yield 24
#define SYS_msync 26
#define SYS_mincore 27
#define SYS_madvise 28
#define SYS_dup 32
#define SYS_dup2 33
#define SYS_pause 34
#define SYS_nanosleep 35
#define SYS_getpid 39
#define SYS_fork 57
#define SYS_execve 59
#define SYS_exit 60
#define SYS_wait4 61
#define SYS_kill 62
#define SYS_uname 63
#define SYS_fsync 74
#define SYS_fdatasync 75
#define SYS_truncate 76
#define SYS_ftruncate 77
#define SYS_getcwd 79
#define SYS_chdir 80
#define SYS_rename 82
#define SYS_mkdir 83
#define SYS_rmdir 84
#define SYS_link 86
#define SYS_unlink 87
#define SYS_symlink 88
#define SYS_readlink 89
#define SYS_chmod 90
#define SYS_umask 95
#define SYS_gettimeofday 96
#define SYS_sysinfo 99
#define SYS_getuid 102
#define SYS_getppid 110
#define SYS_statfs 137
#define SYS_mlock 149
#define SYS_munlock 150
#define SYS_mlockall 151
#define SYS_munlockall 152
#define SYS_sync 162
#define SYS_mount 165
#define SYS_umount2 166
#define SYS_swapon 167
#define SYS_swapoff 168
#define SYS_reboot 169
#define SYS_gettid 186
#define SYS_time 201
#define SYS_getdents64 217
#define SYS_clock_gettime 228
#define SYS_exit_group 231

#else
#error "no system-call numbers for this machine"
#endif

#endif
