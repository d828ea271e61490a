/*
 * Basic types and the few macros that every file of the project may use.
 *
 * Freestanding on the PCs, hosted in `sim`: only headers that a freestanding
 * compiler must have are included here.
 */
#ifndef LIB_TYPES_H
#define LIB_TYPES_H

#if __STDC_HOSTED__
#include <limits.h>
#else	/* gcc's own limits.h looks for the C library's, which -m32 may not find */
#define CHAR_BIT	__CHAR_BIT__
#define INT_MAX		__INT_MAX__
#define INT_MIN		(-INT_MAX - 1)
#define UINT_MAX	(2u * INT_MAX + 1)
#define LONG_MAX	__LONG_MAX__
#define LONG_MIN	(-LONG_MAX - 1)
#define ULONG_MAX	(2ul * LONG_MAX + 1)
#endif
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;

typedef unsigned long pfn_t;	/* page frame number: physical address / PAGE_SIZE */
typedef unsigned long pgoff_t;	/* offset in a file or mapping, in pages */
typedef unsigned int gfp_t;	/* allocation mask, mm/gfp.h */

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define container_of(ptr, type, member) \
	((type *)((char *)(ptr) - offsetof(type, member)))

#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)

#define min(a, b)	((a) < (b) ? (a) : (b))	/* arguments without side effects */
#define max(a, b)	((a) > (b) ? (a) : (b))

#define __packed	__attribute__((packed))
#define __aligned(n)	__attribute__((aligned(n)))
#define __noreturn	__attribute__((noreturn))
#define __noinline	__attribute__((noinline))
#define __cold		__attribute__((noinline, cold))	/* hardly ever called: kept out of the way */
#define __printf(f, a)	__attribute__((format(printf, f, a)))
#define __section(s)	__attribute__((section(s)))

#endif
