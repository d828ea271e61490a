/*
 * Buffered output and input. stdout is flushed at each newline on a terminal, otherwise
 * when its buffer is full and by exit; stderr after each call.
 *
 * printf knows the flags - 0 + space #, width and precision (also *), the lengths hh h l ll
 * z, and the conversions d i u o x X c s p %.
 */
#ifndef STDIO_H
#define STDIO_H

#include <stdarg.h>
#include <stddef.h>
#include <sys/abi.h>

#define EOF		(-1)
#define FILE_BUFFER	4096

/* One open stream; used in one direction only. */
typedef struct file {
	int fd;
	int flush;		/* FLUSH_ value of stdio.c: when output leaves */
	int failed;		/* errno of the first failed read or write, else 0 */
	size_t start;		/* input: next byte to hand out */
	size_t end;		/* bytes in the buffer */
	char *buffer;		/* FILE_BUFFER bytes */
} FILE;

extern FILE *const stdin;
extern FILE *const stdout;
extern FILE *const stderr;

int printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
int fprintf(FILE *file, const char *format, ...) __attribute__((format(printf, 2, 3)));
int vfprintf(FILE *file, const char *format, va_list args);
int snprintf(char *to, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
int vsnprintf(char *to, size_t size, const char *format, va_list args);
size_t fwrite(const void *from, size_t size, size_t count, FILE *file);
int fputs(const char *s, FILE *file);
int fputc(int c, FILE *file);
int puts(const char *s);
int putchar(int c);

/* Writes what is buffered. 0, or EOF when any write to the stream ever failed. */
int fflush(FILE *file);

/* A stream for an open descriptor; NULL without memory. fclose also closes it. */
FILE *fdopen(int fd);
int fclose(FILE *file);

/* The next byte, or EOF at the end or on an error (then file->failed is set). */
int fgetc(FILE *file);

/*
 * Reads a line with its newline into *line, which malloc made or is NULL, and grows it.
 * Returns its length, or -1 at the end of the file.
 */
ssize_t getline(char **line, size_t *capacity, FILE *file);

/*
 * The whole file as a string that malloc made, its length in *length unless that is NULL;
 * NULL with errno on failure. For small files such as those in /proc.
 */
char *read_whole_file(const char *path, size_t *length);

/* Writes all bytes in spite of short writes: 0, or -1 with errno. */
int write_all(int fd, const void *from, size_t count);

#endif
