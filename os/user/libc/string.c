/*
 * Memory and strings. Copies and fills move whole words with the string instructions, which
 * also keeps the compiler from turning these loops into calls of themselves.
 */
#include <stdint.h>
#include <string.h>

#ifdef __x86_64__
#define WORD_SUFFIX	"q"
#else
#define WORD_SUFFIX	"l"
#endif

void *memcpy(void *to, const void *from, size_t count)
{
	void *target = to;
	size_t words = count / sizeof(long), tail = count % sizeof(long);

	__asm__ volatile("rep movs" WORD_SUFFIX "\n\t"
			 "mov %3, %2\n\t"
			 "rep movsb"
			 : "+&D"(target), "+&S"(from), "+&c"(words)
			 : "r"(tail) : "memory");
	return to;
}

void *memset(void *to, int byte, size_t count)
{
	void *target = to;
	size_t words = count / sizeof(long), tail = count % sizeof(long);
	unsigned long pattern = (unsigned char)byte * (~0UL / 255);

	__asm__ volatile("rep stos" WORD_SUFFIX "\n\t"
			 "mov %3, %1\n\t"
			 "rep stosb"
			 : "+&D"(target), "+&c"(words)
			 : "a"(pattern), "r"(tail) : "memory");
	return to;
}

void *memmove(void *to, const void *from, size_t count)
{
	volatile unsigned char *target = to;
	const unsigned char *source = from;

	if ((uintptr_t)to - (uintptr_t)from >= count)
		return memcpy(to, from, count);
	while (count-- > 0)
		target[count] = source[count];
	return to;
}

int memcmp(const void *a, const void *b, size_t count)
{
	const unsigned char *left = a, *right = b;

	for (size_t i = 0; i < count; i++)
		if (left[i] != right[i])
			return left[i] - right[i];
	return 0;
}

void *memchr(const void *s, int byte, size_t count)
{
	const unsigned char *at = s;

	for (; count > 0; at++, count--)
		if (*at == (unsigned char)byte)
			return (void *)at;
	return NULL;
}

size_t strnlen(const char *s, size_t limit)
{
	const char *end = memchr(s, 0, limit);

	return end ? (size_t)(end - s) : limit;
}

size_t strlen(const char *s)
{
	return strnlen(s, SIZE_MAX);
}

int strncmp(const char *a, const char *b, size_t count)
{
	for (; count > 0; a++, b++, count--)
		if (*a != *b || *a == '\0')
			return (unsigned char)*a - (unsigned char)*b;
	return 0;
}

int strcmp(const char *a, const char *b)
{
	return strncmp(a, b, SIZE_MAX);
}

char *strchr(const char *s, int c)
{
	return memchr(s, c, strlen(s) + 1);
}

char *strrchr(const char *s, int c)
{
	for (const char *at = s + strlen(s); at >= s; at--)
		if (*at == (char)c)
			return (char *)at;
	return NULL;
}

char *strstr(const char *text, const char *wanted)
{
	size_t length = strlen(wanted);

	for (; *text != '\0' || length == 0; text++)
		if (strncmp(text, wanted, length) == 0)
			return (char *)text;
	return NULL;
}

size_t strlcpy(char *to, const char *from, size_t size)
{
	size_t length = strlen(from);

	if (size > 0) {
		size_t kept = length < size ? length : size - 1;

		memcpy(to, from, kept);
		to[kept] = '\0';
	}
	return length;
}
