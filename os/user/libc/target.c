/* `FILE TARGET` or `FILE... DIRECTORY`, as cp, mv and ln take their names. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <target.h>
#include <unistd.h>

#define NAME_BYTES	1024

int for_each_target(int count, char **names, int (*act)(const char *from, const char *to),
		    const char *usage_text)
{
	const char *last = count > 0 ? names[count - 1] : "";
	char inside[NAME_BYTES];
	struct stat st;
	int failed = 0;

	if (count < 2)
		usage(usage_text);
	if (stat(last, &st) != 0 || !S_ISDIR(st.st_mode)) {
		if (count > 2) {
			errno = ENOTDIR;
			die(1, "%s", last);
		}
		return act(names[0], last);
	}
	for (int i = 0; i < count - 1; i++) {
		const char *slash = strrchr(names[i], '/');

		if (snprintf(inside, sizeof(inside), "%s/%s", last,
			     slash ? slash + 1 : names[i]) >= NAME_BYTES) {
			errno = ENAMETOOLONG;
			warn("%s", names[i]);
			failed = 1;
			continue;
		}
		failed |= act(names[i], inside);
	}
	return failed;
}
