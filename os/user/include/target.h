/* What cp, mv and ln share: `FILE TARGET` or `FILE... DIRECTORY`. */
#ifndef TARGET_H
#define TARGET_H

/*
 * Calls act(from, to) for each name before the last one; when the last is a directory, `to`
 * is the name inside it. act returns 0, or complains and returns 1. Returns whether any call
 * failed; ends with a usage message when there are too few names, or several and no directory.
 */
int for_each_target(int count, char **names, int (*act)(const char *from, const char *to),
		    const char *usage_text);

#endif
