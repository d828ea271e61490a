/* Reading a line from the user, with editing and history where there is a terminal. */
#ifndef LINEEDIT_H
#define LINEEDIT_H

#include <stddef.h>

enum line_result {
	LINE_OK,		/* a line, without its newline */
	LINE_END,		/* end of the input */
	LINE_INTERRUPTED,	/* the user pressed ^C: drop what was typed */
	LINE_TOO_LONG,		/* did not fit; the rest of it was skipped */
};

/* Whether descriptor 0 is a terminal that lets us set its modes. */
int line_is_terminal(void);

/*
 * Reads one line from descriptor 0 into `line`. On a terminal it prints the prompt and edits;
 * elsewhere it reads byte by byte, so that the rest of the input is left for programs that
 * the shell starts. A non-empty line joins the history.
 */
enum line_result line_read(const char *prompt, char *line, size_t size);

#endif
