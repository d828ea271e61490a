/* The ranges of the integer types, as far as our programs ask. */
#ifndef LIMITS_H
#define LIMITS_H

#define INT_MAX		__INT_MAX__
#define INT_MIN		(-__INT_MAX__ - 1)
#define LONG_MAX	__LONG_MAX__
#define LONG_MIN	(-__LONG_MAX__ - 1L)

#endif
