/* Numbers out of the text files in /proc: lines of a name, blanks, and a value. */
#include <procfile.h>
#include <string.h>

/* Where the value of `name` starts, or NULL. */
static const char *find_value(const char *text, const char *name)
{
	size_t length = strlen(name);

	while (text && *text != '\0') {
		if (strncmp(text, name, length) == 0
		    && (text[length] == ' ' || text[length] == '\t')) {
			text += length;
			while (*text == ' ' || *text == '\t')
				text++;
			return text;
		}
		text = strchr(text, '\n');
		if (text)
			text++;
	}
	return NULL;
}

long long proc_value(const char *text, const char *name)
{
	const char *at = find_value(text, name);
	long long value = 0;

	if (!at || *at < '0' || *at > '9')
		return -1;
	for (; *at >= '0' && *at <= '9'; at++)
		value = value * 10 + *at - '0';
	return value;
}

void proc_string(const char *text, const char *name, char *to, unsigned int size)
{
	const char *at = find_value(text, name);

	while (size > 1 && at && *at != '\0' && *at != '\n') {
		*to++ = *at++;
		size--;
	}
	*to = '\0';
}
