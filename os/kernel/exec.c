/*
 * exec: another program in the same process.
 *
 * The new address space is built completely, its stack included, beside the old one, which
 * is given up only when nothing can fail any more. So every error leaves the old program
 * running with an error number.
 */
#include "arch/context.h"
#include "fs/fs.h"
#include "kernel/exec.h"
#include "kernel/paths.h"
#include "kernel/syscalls.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/slab/slab.h"
#include "mm/vm/vm.h"

#define SCRIPT_LINE	128		/* bytes of a script that may name its interpreter */
#define STACK_TOP	(TASK_SIZE & PAGE_MASK)
#define STACK_SPARE	(16 * PAGE_SIZE)	/* of the stack area, beside arguments */

/* What one exec knows; too much for the kernel stack. */
struct exec {
	struct file *file;		/* the ELF file */
	struct elf_image image;
	struct exec_args args;
	char line[SCRIPT_LINE + 1];	/* first line of a script */
};

/* Opens a file that may be executed. */
static struct file *open_program(const char *path)
{
	struct file *file = file_open(path, O_RDONLY, 0);

	if (IS_ERR(file))
		return PTR_ERR(file) == -EISDIR ? ERR_PTR(-EACCES) : file;
	if (!file->inode || !S_ISREG(file->inode->mode) || !(file->inode->mode & 0111)) {
		file_put(file);
		return ERR_PTR(-EACCES);
	}
	return file;
}

static char *skip_blanks(char *s)
{
	while (*s == ' ' || *s == '\t')
		s++;
	return s;
}

static void trim_end(char *s)
{
	size_t length = strlen(s);

	while (length && (s[length - 1] == ' ' || s[length - 1] == '\t'))
		s[--length] = '\0';
}

/*
 * If the file starts with `#!`: *INTERPRETER and perhaps *ARGUMENT point into exec->line,
 * 1. Otherwise 0, or -errno.
 */
static int read_script_line(struct exec *exec, char **interpreter, char **argument)
{
	long got = kernel_read(exec->file, exec->line, SCRIPT_LINE, 0);
	char *end;

	if (got < 0)
		return (int)got;
	exec->line[got] = '\0';
	if (strncmp(exec->line, "#!", 2) != 0)
		return 0;
	end = strchr(exec->line, '\n');
	if (end)
		*end = '\0';
	trim_end(exec->line);
	*interpreter = skip_blanks(exec->line + 2);
	if (**interpreter == '\0')
		return -ENOEXEC;
	for (end = *interpreter; *end && *end != ' ' && *end != '\t'; end++)
		;
	*argument = skip_blanks(end);
	*end = '\0';
	if (**argument == '\0')
		*argument = NULL;
	return 1;
}

/*
 * A script runs as `interpreter [argument] path …`: opens the interpreter instead, and puts
 * these strings in front. Returns how many strings of argv they replace, or -errno. An
 * interpreter that is a script itself is no ELF file, and is refused as such.
 */
static int open_interpreter(struct exec *exec, const char *path)
{
	char *interpreter = NULL, *argument = NULL;
	const char *front[3];
	unsigned count = 0;
	int error = read_script_line(exec, &interpreter, &argument);

	if (error <= 0)
		return error;
	front[count++] = interpreter;
	if (argument)
		front[count++] = argument;
	front[count++] = path;
	for (unsigned i = 0; i < count; i++) {
		error = args_add(&exec->args, front[i], true);
		if (error)
			return error;
		exec->args.argc++;
	}
	file_put(exec->file);
	exec->file = open_program(interpreter);
	return IS_ERR(exec->file) ? (int)PTR_ERR(exec->file) : 1;
}

/* The new address space with all areas, or an ERR_PTR. */
static struct mm_struct *build_mm(struct exec *exec)
{
	unsigned long stack = PAGE_ALIGN(args_stack_bytes(&exec->args)) + STACK_SPARE;
	struct mm_struct *mm = mm_create();
	long error;

	if (!mm)
		return ERR_PTR(-ENOMEM);
	mutex_lock(&mm->mmap_sem);
	error = elf_map(mm, exec->file, &exec->image);
	if (!error)
		error = map_area(mm, STACK_TOP - stack, stack,
				 VM_READ | VM_WRITE | VM_GROWSDOWN, NULL, 0, true);
	mutex_unlock(&mm->mmap_sem);
	if (IS_ERR((void *)error)) {
		mm_put(mm);
		return ERR_PTR(error);
	}
	return mm;
}

/* Others look at a task's mm under task_list_lock. */
static void install_mm(struct mm_struct *mm)
{
	spin_lock(&task_list_lock);
	context_set_mm(mm);
	spin_unlock(&task_list_lock);
}

/* The contents of the new address space that come from neither file nor zeros. */
static int fill_mm(struct exec *exec, unsigned long *sp)
{
	if (elf_clear_tails(&exec->image) ||
	    args_write_stack(&exec->args, &exec->image, STACK_TOP, sp))
		return -ENOMEM;	/* all addresses are ours, so memory is what was missing */
	return 0;
}

/* From here on nothing fails. */
static void become_program(struct exec *exec, const char *path, unsigned long sp)
{
	const char *slash = strrchr(path, '/');
	struct task *task = current;

	task->mm->start_stack = sp;
	task->flags &= ~PF_KTHREAD;
	copy_string(task->comm, slash ? slash + 1 : path, sizeof(task->comm));
	files_exec();
	context_enter_user(task_frame(task), exec->image.entry, sp);
}

static int load_program(struct exec *exec, const char *path)
{
	struct mm_struct *old = current->mm;
	struct mm_struct *mm = build_mm(exec);
	unsigned long sp;
	int error;

	if (IS_ERR(mm))
		return (int)PTR_ERR(mm);
	install_mm(mm);
	error = fill_mm(exec, &sp);
	if (error) {
		install_mm(old);
		mm_put(mm);
		return error;
	}
	become_program(exec, path, sp);
	if (old)
		mm_put(old);
	return 0;
}

static int exec_steps(struct exec *exec, const char *path, const struct exec_strings *strings)
{
	int error, skip;

	exec->file = open_program(path);
	if (IS_ERR(exec->file))
		return (int)PTR_ERR(exec->file);
	skip = open_interpreter(exec, path);
	if (skip < 0)
		return skip;
	error = args_collect(&exec->args, strings, (unsigned)skip);
	if (!error)
		error = elf_read(exec->file, &exec->image);
	return error ? error : load_program(exec, path);
}

int do_exec(const char *path, const struct exec_strings *strings)
{
	struct exec *exec = kzalloc(sizeof(*exec), GFP_KERNEL);
	int error;

	if (!exec)
		return -ENOMEM;
	error = exec_steps(exec, path, strings);
	if (exec->file && !IS_ERR(exec->file))
		file_put(exec->file);
	args_free(&exec->args);
	kfree(exec);
	return error;
}

long sys_execve(const char *user_path, const char *const *argv, const char *const *envp)
{
	const struct exec_strings strings = { argv, envp, false };
	char *path = path_get(user_path);
	int error;

	if (IS_ERR(path))
		return PTR_ERR(path);
	error = do_exec(path, &strings);
	path_put(path);
	return error;
}
