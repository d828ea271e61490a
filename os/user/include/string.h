/* Memory and strings, with the meaning that C gives these names. */
#ifndef STRING_H
#define STRING_H

#include <stddef.h>

void *memcpy(void *to, const void *from, size_t count);
void *memmove(void *to, const void *from, size_t count);
void *memset(void *to, int byte, size_t count);
int memcmp(const void *a, const void *b, size_t count);
void *memchr(const void *s, int byte, size_t count);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t limit);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t count);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);
char *strstr(const char *text, const char *wanted);

/* Copies at most size - 1 bytes and ends them; returns the length of `from`. */
size_t strlcpy(char *to, const char *from, size_t size);

/* The text for an error number; never NULL. */
const char *strerror(int error);

/* The text for a signal number; never NULL. */
const char *strsignal(int signal);

#endif
