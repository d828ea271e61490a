/*
 * The line discipline: from typed characters to what a program reads.
 *
 * The interrupt handler puts characters into `typed` and wakes a thread, which does the
 * rest: in canonical mode it edits a line and hands it over at its end, otherwise it hands
 * over each character. It echoes, and turns ^C into a signal, for which it must take locks
 * that an interrupt handler cannot.
 *
 * `typed`, `ready` and the modes are guarded by line_lock; the line being edited belongs to
 * the thread, but for line_set_modes, which takes line_mutex as the thread does for each
 * character. What does not fit is dropped.
 */
#include "arch/machine.h"
#include "kernel/entry.h"
#include "kernel/sched.h"
#include "kernel/tty.h"
#include "lib/errno.h"
#include "lib/printk.h"

#define TYPED_SIZE	256u	/* powers of two */
#define READY_SIZE	4096u
#define LINE_SIZE	255u	/* longest line that can be edited, newline not counted */
#define CTRL(c)		((c) & 0x1f)
#define DELETE		0x7f
#define END_OF_FILE	0x100	/* a mark among the ready characters */

static struct spinlock line_lock = SPINLOCK_INIT("line", RANK_DEVICE);
static struct mutex line_mutex = MUTEX_INIT(line_mutex);
static struct wait_queue typed_wait = WAIT_QUEUE_INIT(typed_wait);
struct wait_queue line_readable = WAIT_QUEUE_INIT(line_readable);

/* The counters only grow; their difference is what is inside. */
static char typed[TYPED_SIZE];
static unsigned typed_in, typed_out;
static u16 ready[READY_SIZE];		/* characters and END_OF_FILE marks */
static unsigned ready_in, ready_out;
static unsigned ready_lines;		/* newlines and marks in `ready` */

static char line[LINE_SIZE];
static unsigned line_length;

static struct termios modes = {
	.iflag = ICRNL, .oflag = OPOST | ONLCR,
	.cflag = 0002277,		/* 115200 baud, 8 bits, receiver on */
	.lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
	.cc = { [VINTR] = CTRL('C'), [VQUIT] = CTRL('\\'), [VERASE] = DELETE,
		[VKILL] = CTRL('U'), [VEOF] = CTRL('D'), [VMIN] = 1 },
};

void console_input(char c)
{
	unsigned long flags = spin_lock_irqsave(&line_lock);

	if (typed_in - typed_out < TYPED_SIZE)
		typed[typed_in++ % TYPED_SIZE] = c;
	spin_unlock_irqrestore(&line_lock, flags);
	wake_up(&typed_wait);
}

static bool next_typed(char *c)
{
	unsigned long flags = spin_lock_irqsave(&line_lock);
	bool any = typed_in != typed_out;

	if (any)
		*c = typed[typed_out++ % TYPED_SIZE];
	spin_unlock_irqrestore(&line_lock, flags);
	return any;
}

static bool ends_line(u16 c)
{
	return c == '\n' || c == END_OF_FILE;
}

/* Hands one character, or the mark, to the readers. */
static void make_ready(u16 c)
{
	unsigned long flags = spin_lock_irqsave(&line_lock);

	if (ready_in - ready_out < READY_SIZE) {
		ready[ready_in++ % READY_SIZE] = c;
		ready_lines += ends_line(c);
	}
	spin_unlock_irqrestore(&line_lock, flags);
}

static void line_ready(void)
{
	for (unsigned i = 0; i < line_length; i++)
		make_ready((u8)line[i]);
	line_length = 0;
}

static bool is_control(char c)
{
	return (u8)c < ' ' || c == DELETE;
}

static void echo(char c)
{
	char text[2] = { '^', (char)(c ^ 0x40) };

	if (!(modes.lflag & ECHO))
		return;
	if (is_control(c) && c != '\n' && c != '\t' && modes.lflag & ECHOCTL)
		console_write(text, 2);
	else
		console_write(&c, 1);
}

/* Takes the last character off the line and off the screen. */
static void erase_one(void)
{
	bool wide = is_control(line[--line_length]) && modes.lflag & ECHOCTL;

	if (modes.lflag & ECHO)
		console_write("\b \b\b \b", wide ? 6 : 3);
}

static bool is_special(char c, unsigned which)
{
	return modes.cc[which] && (u8)c == modes.cc[which];
}

static void edit(char c)
{
	if (is_special(c, VERASE) || c == '\b') {
		if (line_length)
			erase_one();
	} else if (is_special(c, VKILL)) {
		while (line_length)
			erase_one();
	} else if (is_special(c, VEOF)) {
		line_ready();
		make_ready(END_OF_FILE);
		wake_up(&line_readable);
	} else if (c == '\n') {
		echo(c);
		line_ready();
		make_ready((u8)c);
		wake_up(&line_readable);
	} else if (line_length < LINE_SIZE) {
		line[line_length++] = c;
		echo(c);
	}
}

/* line_mutex held. */
static void forget_input(void)
{
	unsigned long flags = spin_lock_irqsave(&line_lock);

	ready_out = ready_in;
	ready_lines = 0;
	line_length = 0;
	spin_unlock_irqrestore(&line_lock, flags);
}

static void take_character(char c)
{
	if (modes.lflag & ISIG && (is_special(c, VINTR) || is_special(c, VQUIT))) {
		echo(c);
		forget_input();
		tty_signal(is_special(c, VINTR) ? SIGINT : SIGQUIT);
		return;
	}
	if (c == '\r' && modes.iflag & ICRNL)
		c = '\n';
	if (modes.lflag & ICANON) {
		edit(c);
		return;
	}
	make_ready((u8)c);
	echo(c);
	wake_up(&line_readable);
}

static void line_thread(void *unused)
{
	char c;

	for (;;) {
		wait_event_interruptible(&typed_wait, typed_in != typed_out);
		mutex_lock(&line_mutex);
		while (next_typed(&c))
			take_character(c);
		mutex_unlock(&line_mutex);
	}
}

void tty_init(void)
{
	if (!kthread_start("console", line_thread, NULL))
		panic("no memory for the console's thread");
}

unsigned line_available(void)
{
	unsigned long flags = spin_lock_irqsave(&line_lock);
	unsigned count = ready_in - ready_out;

	if (modes.lflag & ICANON && !ready_lines)
		count = 0;
	spin_unlock_irqrestore(&line_lock, flags);
	return count;
}

long line_take(char *to, size_t bytes)
{
	unsigned long flags = spin_lock_irqsave(&line_lock);
	bool canonical = modes.lflag & ICANON;
	long count = canonical && !ready_lines ? -EAGAIN : 0;
	bool marked = false;

	while (count >= 0 && (size_t)count < bytes && ready_in != ready_out) {
		u16 c = ready[ready_out++ % READY_SIZE];

		ready_lines -= ends_line(c);
		marked = c == END_OF_FILE;
		if (!marked)
			to[count++] = (char)c;
		if (canonical && ends_line(c))
			break;
	}
	/* A mark right behind a full buffer ends this read, not the next one. */
	if (canonical && !marked && count > 0 && to[count - 1] != '\n' &&
	    ready_in != ready_out && ready[ready_out % READY_SIZE] == END_OF_FILE) {
		ready_out++;
		ready_lines--;
	}
	spin_unlock_irqrestore(&line_lock, flags);
	return count == 0 && !marked ? -EAGAIN : count;
}

void line_flush(void)
{
	mutex_lock(&line_mutex);
	forget_input();
	mutex_unlock(&line_mutex);
}

void line_get_modes(struct termios *out)
{
	mutex_lock(&line_mutex);
	*out = modes;
	mutex_unlock(&line_mutex);
}

/* A line begun in canonical mode is handed over as it is when that mode ends. */
void line_set_modes(const struct termios *in)
{
	unsigned long flags;

	mutex_lock(&line_mutex);
	if (modes.lflag & ICANON && !(in->lflag & ICANON))
		line_ready();
	flags = spin_lock_irqsave(&line_lock);
	modes = *in;
	spin_unlock_irqrestore(&line_lock, flags);
	mutex_unlock(&line_mutex);
	wake_up(&line_readable);
}
