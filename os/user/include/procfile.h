/* Numbers out of the text files in /proc. */
#ifndef PROCFILE_H
#define PROCFILE_H

/*
 * The number that follows `name` (with its colon, if it has one) at the start of a line of
 * `text`; -1 if there is no such line or text is NULL.
 */
long long proc_value(const char *text, const char *name);

/* The text behind `name` and blanks in its line, cut to fit; "" if there is none. */
void proc_string(const char *text, const char *name, char *to, unsigned int size);

#endif
