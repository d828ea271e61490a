/* Memory and string functions for the PCs, where there is no C library. */
#include "lib/string.h"

void *memcpy(void *to, const void *from, size_t n)
{
	void *at = to;
	size_t words = n / sizeof(long), rest = n % sizeof(long);

#ifdef __i386__
	__asm__ volatile("rep movsl" : "+D"(at), "+S"(from), "+c"(words) : : "memory");
#else
	__asm__ volatile("rep movsq" : "+D"(at), "+S"(from), "+c"(words) : : "memory");
#endif
	if (rest)
		__asm__ volatile("rep movsb" : "+D"(at), "+S"(from), "+c"(rest) : : "memory");
	return to;
}

void *memmove(void *to, const void *from, size_t n)
{
	if ((unsigned long)to - (unsigned long)from >= n)
		return memcpy(to, from, n);	/* upwards is safe */
	for (size_t i = n; i > 0; i--)
		((char *)to)[i - 1] = ((const char *)from)[i - 1];
	return to;
}

void *memset(void *to, int byte, size_t n)
{
	void *at = to;
	unsigned long pattern = (u8)byte * (~0ul / 255);
	size_t words = n / sizeof(long), rest = n % sizeof(long);

#ifdef __i386__
	__asm__ volatile("rep stosl" : "+D"(at), "+c"(words) : "a"(pattern) : "memory");
#else
	__asm__ volatile("rep stosq" : "+D"(at), "+c"(words) : "a"(pattern) : "memory");
#endif
	if (rest)
		__asm__ volatile("rep stosb" : "+D"(at), "+c"(rest) : "a"(pattern) : "memory");
	return to;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const u8 *x = a, *y = b;

	for (size_t i = 0; i < n; i++)
		if (x[i] != y[i])
			return x[i] - y[i];
	return 0;
}

size_t strlen(const char *s)
{
	const char *end = s;

	while (*end)
		end++;
	return (size_t)(end - s);
}

size_t strnlen(const char *s, size_t most)
{
	size_t n = 0;

	while (n < most && s[n])
		n++;
	return n;
}

int strncmp(const char *a, const char *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (a[i] != b[i])
			return (u8)a[i] - (u8)b[i];
		if (!a[i])
			break;
	}
	return 0;
}

int strcmp(const char *a, const char *b)
{
	return strncmp(a, b, (size_t)-1);
}

char *strchr(const char *s, int c)
{
	for (;; s++) {
		if (*s == (char)c)
			return (char *)s;
		if (!*s)
			return NULL;
	}
}

char *strrchr(const char *s, int c)
{
	char *last = NULL;

	do
		if (*s == (char)c)
			last = (char *)s;
	while (*s++);
	return last;
}

size_t copy_string(char *to, const char *from, size_t size)
{
	size_t length = strlen(from);

	if (size) {
		size_t n = length < size - 1 ? length : size - 1;

		memcpy(to, from, n);
		to[n] = '\0';
	}
	return length;
}
