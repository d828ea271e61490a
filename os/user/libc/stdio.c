/*
 * Streams: a buffer in front of a file descriptor, in one direction. printf on a stream is
 * here too, because only this file knows when a buffer must leave.
 *
 * Owns the three standard streams. An unwritable stream keeps its first error in `failed`
 * and drops what follows, so that a program finds out once, at the end (exit checks stdout).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	FLUSH_UNKNOWN,	/* not written yet: the first write looks whether it is a terminal */
	FLUSH_FULL,	/* when the buffer is full */
	FLUSH_LINE,	/* also after a newline */
	FLUSH_CALL,	/* after each call */
};

static char buffers[3][FILE_BUFFER];
static FILE standard_input = { .fd = 0, .buffer = buffers[0] };
static FILE standard_output = { .fd = 1, .flush = FLUSH_UNKNOWN, .buffer = buffers[1] };
static FILE standard_error = { .fd = 2, .flush = FLUSH_CALL, .buffer = buffers[2] };

FILE *const stdin = &standard_input;
FILE *const stdout = &standard_output;
FILE *const stderr = &standard_error;

int write_all(int fd, const void *from, size_t count)
{
	while (count > 0) {
		ssize_t written = write(fd, from, count);

		if (written < 0)
			return -1;
		from = (const char *)from + written;
		count -= written;
	}
	return 0;
}

int fflush(FILE *file)
{
	if (file->end > 0 && !file->failed && write_all(file->fd, file->buffer, file->end))
		file->failed = errno;
	file->end = 0;
	return file->failed ? EOF : 0;
}

static void choose_flush(FILE *file)
{
	struct termios settings;
	int saved = errno;

	file->flush = ioctl(file->fd, TCGETS, &settings) == 0 ? FLUSH_LINE : FLUSH_FULL;
	errno = saved;
}

static void put_bytes(const char *from, size_t count, FILE *file)
{
	if (file->flush == FLUSH_UNKNOWN)
		choose_flush(file);
	while (count > 0) {
		size_t chunk = FILE_BUFFER - file->end;

		if (chunk > count)
			chunk = count;
		memcpy(file->buffer + file->end, from, chunk);
		file->end += chunk;
		if (file->end == FILE_BUFFER
		    || (file->flush == FLUSH_LINE && memchr(from, '\n', chunk)))
			fflush(file);
		from += chunk;
		count -= chunk;
	}
}

/* For callers that are not vfprintf, whose many small writes are one call together. */
static void end_call(FILE *file)
{
	if (file->flush == FLUSH_CALL)
		fflush(file);
}

size_t fwrite(const void *from, size_t size, size_t count, FILE *file)
{
	put_bytes(from, size * count, file);
	return file->failed ? 0 : count;
}

int vfprintf(FILE *file, const char *format, va_list args)
{
	char line[256];
	va_list again;
	int length;

	/* Most texts are short; a longer one is formatted a second time into a block. */
	va_copy(again, args);
	length = vsnprintf(line, sizeof(line), format, args);
	if (length < (int)sizeof(line)) {
		put_bytes(line, length, file);
	} else {
		char *block = xmalloc(length + 1);

		vsnprintf(block, length + 1, format, again);
		put_bytes(block, length, file);
		free(block);
	}
	va_end(again);
	end_call(file);
	return file->failed ? EOF : length;
}

int fprintf(FILE *file, const char *format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = vfprintf(file, format, args);
	va_end(args);
	return length;
}

int printf(const char *format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = vfprintf(stdout, format, args);
	va_end(args);
	return length;
}

int fputs(const char *s, FILE *file)
{
	put_bytes(s, strlen(s), file);
	end_call(file);
	return file->failed ? EOF : 0;
}

int fputc(int c, FILE *file)
{
	char byte = c;

	put_bytes(&byte, 1, file);
	end_call(file);
	return file->failed ? EOF : c;
}

int puts(const char *s)
{
	fputs(s, stdout);
	return putchar('\n');
}

int putchar(int c)
{
	return fputc(c, stdout);
}

FILE *fdopen(int fd)
{
	FILE *file = malloc(sizeof(*file) + FILE_BUFFER);

	if (file) {
		file->fd = fd;
		file->flush = FLUSH_UNKNOWN;
		file->failed = 0;
		file->start = file->end = 0;
		file->buffer = (char *)(file + 1);
	}
	return file;
}

int fclose(FILE *file)
{
	int bad = file->start == 0 ? fflush(file) : 0;

	if (close(file->fd) != 0)
		bad = EOF;
	free(file);
	return bad;
}

int fgetc(FILE *file)
{
	if (file->start == file->end) {
		ssize_t count = read(file->fd, file->buffer, FILE_BUFFER);

		file->start = file->end = 0;
		if (count < 0)
			file->failed = errno;
		if (count <= 0)
			return EOF;
		file->end = count;
	}
	return (unsigned char)file->buffer[file->start++];
}

ssize_t getline(char **line, size_t *capacity, FILE *file)
{
	size_t length = 0;
	int c;

	while ((c = fgetc(file)) != EOF) {
		if (!*line || length + 2 > *capacity) {
			*capacity = *line ? *capacity * 2 : 128;
			*line = xrealloc(*line, *capacity);
		}
		(*line)[length++] = c;
		if (c == '\n')
			break;
	}
	if (length == 0)
		return -1;
	(*line)[length] = '\0';
	return length;
}

char *read_whole_file(const char *path, size_t *length)
{
	size_t size = 0, capacity = 2048;
	int fd = open(path, O_RDONLY);
	char *text;
	ssize_t count;

	if (fd < 0)
		return NULL;
	text = xmalloc(capacity);
	while ((count = read(fd, text + size, capacity - size - 1)) > 0) {
		size += count;
		if (size + 1 == capacity) {
			capacity *= 2;
			text = xrealloc(text, capacity);
		}
	}
	if (count < 0) {
		int error = errno;

		close(fd);
		free(text);
		errno = error;
		return NULL;
	}
	close(fd);
	text[size] = '\0';
	if (length)
		*length = size;
	return text;
}
