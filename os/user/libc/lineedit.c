/*
 * The line editor of the shell: raw mode on descriptor 0, keys, redrawing, history.
 *
 * Owns the history and, while a line is being read, the terminal's mode; the mode that it
 * found is back when line_read returns, so programs run with the terminal as it was.
 * The screen shows one row: a longer line scrolls sideways within it.
 */
#include <lineedit.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define HISTORY_LINES	32
#define LINE_BYTES	512
#define DEFAULT_COLUMNS	80

#define CTRL(letter)	((letter) & 0x1f)

/* Keys that arrive as several bytes; above all characters. */
enum key {
	KEY_END_OF_INPUT = -1,
	KEY_UNKNOWN = 256,
	KEY_UP, KEY_DOWN, KEY_LEFT, KEY_RIGHT, KEY_HOME, KEY_END, KEY_DELETE,
};

struct editor {
	const char *prompt;
	char *line;		/* the text, always with its final zero */
	size_t size;		/* bytes that `line` can hold */
	size_t length;		/* characters in `line` */
	size_t cursor;		/* 0 to length */
	size_t columns;		/* width of the screen */
	int history_at;		/* lines back from the newest; 0 is the line being typed */
	char typed[LINE_BYTES];	/* the line being typed, while an older one is shown */
};

static char history[HISTORY_LINES][LINE_BYTES];
static unsigned int history_count;	/* lines ever added */

int line_is_terminal(void)
{
	struct termios settings;

	return ioctl(0, TCGETS, &settings) == 0;
}

static void remember(const char *line)
{
	const char *newest = history[(history_count - 1) % HISTORY_LINES];

	if (*line == '\0' || (history_count > 0 && strcmp(line, newest) == 0))
		return;
	strlcpy(history[history_count++ % HISTORY_LINES], line, LINE_BYTES);
}

static int read_byte(void)
{
	unsigned char byte;

	return read(0, &byte, 1) == 1 ? byte : KEY_END_OF_INPUT;
}

/* The rest of ESC [ or ESC O sequences: a letter, or a number and a tilde. */
static int read_escape(void)
{
	static const int by_number[] = {
		[1] = KEY_HOME, [3] = KEY_DELETE, [4] = KEY_END, [7] = KEY_HOME, [8] = KEY_END,
	};
	unsigned int number = 0;
	int byte = read_byte();

	if (byte != '[' && byte != 'O')
		return KEY_UNKNOWN;
	for (byte = read_byte(); byte >= '0' && byte <= ';'; byte = read_byte())
		number = byte == ';' ? 0 : number * 10 + byte - '0';
	switch (byte) {
	case 'A':
		return KEY_UP;
	case 'B':
		return KEY_DOWN;
	case 'C':
		return KEY_RIGHT;
	case 'D':
		return KEY_LEFT;
	case 'H':
		return KEY_HOME;
	case 'F':
		return KEY_END;
	case '~':
		if (number < sizeof(by_number) / sizeof(by_number[0]) && by_number[number])
			return by_number[number];
	}
	return KEY_UNKNOWN;
}

static int read_key(void)
{
	int byte = read_byte();

	return byte == '\033' ? read_escape() : byte;
}

/* Draws the row again and puts the cursor in its place, in one write. */
static void redraw(struct editor *ed)
{
	char text[2 * LINE_BYTES];
	size_t prompt_length = strlen(ed->prompt);
	size_t room = ed->columns - 1, from = 0, shown;

	room = room > prompt_length + 8 ? room - prompt_length : 8;
	if (ed->cursor > room)
		from = ed->cursor - room;
	shown = ed->length - from < room ? ed->length - from : room;
	snprintf(text, sizeof(text), "\r%s%.*s\033[K\r\033[%zuC", ed->prompt, (int)shown,
		 ed->line + from, prompt_length + ed->cursor - from);
	write_all(1, text, strlen(text));
}

static void insert(struct editor *ed, char c)
{
	if (ed->length + 1 >= ed->size) {
		write_all(1, "\a", 1);
		return;
	}
	memmove(ed->line + ed->cursor + 1, ed->line + ed->cursor, ed->length - ed->cursor + 1);
	ed->line[ed->cursor++] = c;
	ed->length++;
	/* Typing at the end of a short line is the common case: only the character is sent. */
	if (ed->cursor == ed->length && strlen(ed->prompt) + ed->length < ed->columns)
		write_all(1, &c, 1);
	else
		redraw(ed);
}

/* Takes out the characters from `from` up to `to`, and leaves the cursor there. */
static void cut(struct editor *ed, size_t from, size_t to)
{
	memmove(ed->line + from, ed->line + to, ed->length - to + 1);
	ed->length -= to - from;
	ed->cursor = from;
	redraw(ed);
}

static void replace(struct editor *ed, const char *with)
{
	strlcpy(ed->line, with, ed->size);
	ed->length = ed->cursor = strlen(ed->line);
	redraw(ed);
}

static void show_history(struct editor *ed, int step)
{
	int kept = history_count < HISTORY_LINES ? history_count : HISTORY_LINES;
	int at = ed->history_at + step;

	if (at < 0 || at > kept)
		return;
	if (ed->history_at == 0)
		strlcpy(ed->typed, ed->line, sizeof(ed->typed));
	ed->history_at = at;
	replace(ed, at == 0 ? ed->typed : history[(history_count - at) % HISTORY_LINES]);
}

static size_t word_start(const struct editor *ed)
{
	size_t at = ed->cursor;

	while (at > 0 && ed->line[at - 1] == ' ')
		at--;
	while (at > 0 && ed->line[at - 1] != ' ')
		at--;
	return at;
}

static void move_cursor(struct editor *ed, size_t to)
{
	ed->cursor = to;
	redraw(ed);
}

/* Acts on a key that changes the line or the cursor; the others ended the line already. */
static void edit(struct editor *ed, int key)
{
	switch (key) {
	case KEY_UP:
	case CTRL('P'):
		show_history(ed, 1);
		break;
	case KEY_DOWN:
	case CTRL('N'):
		show_history(ed, -1);
		break;
	case KEY_LEFT:
	case CTRL('B'):
		if (ed->cursor > 0)
			move_cursor(ed, ed->cursor - 1);
		break;
	case KEY_RIGHT:
	case CTRL('F'):
		if (ed->cursor < ed->length)
			move_cursor(ed, ed->cursor + 1);
		break;
	case KEY_HOME:
	case CTRL('A'):
		move_cursor(ed, 0);
		break;
	case KEY_END:
	case CTRL('E'):
		move_cursor(ed, ed->length);
		break;
	case CTRL('H'):
	case 0x7f:
		if (ed->cursor > 0)
			cut(ed, ed->cursor - 1, ed->cursor);
		break;
	case KEY_DELETE:
	case CTRL('D'):
		if (ed->cursor < ed->length)
			cut(ed, ed->cursor, ed->cursor + 1);
		break;
	case CTRL('U'):
		cut(ed, 0, ed->cursor);
		break;
	case CTRL('K'):
		cut(ed, ed->cursor, ed->length);
		break;
	case CTRL('W'):
		cut(ed, word_start(ed), ed->cursor);
		break;
	case CTRL('L'):
		write_all(1, "\033[H\033[2J", 7);
		redraw(ed);
		break;
	default:
		if (key >= ' ' && key < KEY_UNKNOWN)
			insert(ed, key);
	}
}

static enum line_result edit_line(struct editor *ed)
{
	write_all(1, ed->prompt, strlen(ed->prompt));
	for (;;) {
		int key = read_key();

		if (key == KEY_END_OF_INPUT || (key == CTRL('D') && ed->length == 0)) {
			write_all(1, "\n", 1);
			return LINE_END;
		}
		if (key == '\r' || key == '\n') {
			write_all(1, "\n", 1);
			remember(ed->line);
			return LINE_OK;
		}
		if (key == CTRL('C')) {
			write_all(1, "^C\n", 3);
			return LINE_INTERRUPTED;
		}
		edit(ed, key);
	}
}

static enum line_result read_plain(char *line, size_t size)
{
	size_t length = 0;
	int byte, too_long = 0;

	while ((byte = read_byte()) != KEY_END_OF_INPUT && byte != '\n') {
		if (length + 1 < size)
			line[length++] = byte;
		else
			too_long = 1;
	}
	line[length] = '\0';
	if (too_long)
		return LINE_TOO_LONG;
	return byte == KEY_END_OF_INPUT && length == 0 ? LINE_END : LINE_OK;
}

enum line_result line_read(const char *prompt, char *line, size_t size)
{
	struct editor ed = { .prompt = prompt, .line = line, .size = size };
	struct termios found, raw;
	struct winsize window;
	enum line_result result;

	line[0] = '\0';
	if (ioctl(0, TCGETS, &found) != 0)
		return read_plain(line, size);
	raw = found;
	raw.c_iflag &= ~(ICRNL | IXON);
	raw.c_lflag &= ~(ICANON | ECHO | ISIG | IEXTEN);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	if (ioctl(0, TCSETS, &raw) != 0) {
		write_all(1, prompt, strlen(prompt));
		return read_plain(line, size);
	}
	ed.columns = DEFAULT_COLUMNS;
	if (ioctl(1, TIOCGWINSZ, &window) == 0 && window.ws_col > 0)
		ed.columns = window.ws_col;
	if (ed.size > LINE_BYTES)
		ed.size = LINE_BYTES;
	result = edit_line(&ed);
	ioctl(0, TCSETS, &found);
	return result;
}
