/*
 * The life of a command when each call that can fail does, once: it is
 * trouble, said in one line, and run was never half done.
 *
 * wrap: calloc realloc getrandom setrlimit prctl open __open_2 dup fflush
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "cli/cmd.h"
#include "cli/table.h"

/* Calls are counted only in the child, between arm() and its end. */
static struct {
	const char	*name;		/* the call that is to fail */
	int		 left;		/* how many of it succeed before */
	int		 seen;		/* how many there were */
	bool		 armed;
} fault;

static bool
fails(const char *name)
{
	if (!fault.armed || strcmp(fault.name, name) != 0)
		return false;
	fault.seen++;
	return fault.left-- == 0;
}

#define WRAP(type, name, params, args, failed, sys) \
	type __real_##name params; \
	type __wrap_##name params; \
	type __wrap_##name params \
	{ \
		if (fails(#name)) { \
			errno = (sys); \
			return failed; \
		} \
		return __real_##name args; \
	}

WRAP(void *, calloc, (size_t n, size_t size), (n, size), NULL, ENOMEM)
WRAP(void *, realloc, (void *p, size_t size), (p, size), NULL, ENOMEM)
WRAP(ssize_t, getrandom, (void *p, size_t n, unsigned f), (p, n, f), -1,
    ENOSYS)
WRAP(int, setrlimit, (__rlimit_resource_t r, const struct rlimit *l), (r, l),
    -1, EPERM)
WRAP(int, dup, (int fd), (fd), -1, EMFILE)
WRAP(int, fflush, (FILE *f), (f), EOF, EIO)

int	__real_prctl(int, unsigned long, unsigned long, unsigned long,
	    unsigned long);
int	__wrap_prctl(int, unsigned long, unsigned long, unsigned long,
	    unsigned long);

int
__wrap_prctl(int what, unsigned long a, unsigned long b, unsigned long c,
    unsigned long d)
{
	if (fails("prctl")) {
		errno = EINVAL;
		return -1;
	}
	return __real_prctl(what, a, b, c, d);
}

int	__real_open(const char *, int, ...);
int	__wrap_open(const char *, int, ...);

int
__wrap_open(const char *path, int flags, ...)
{
	if (fails("open")) {
		errno = EACCES;
		return -1;
	}
	return __real_open(path, flags);
}

/* What open() is called with -D_FORTIFY_SOURCE. */
int	__wrap___open_2(const char *, int);

int
__wrap___open_2(const char *path, int flags)
{
	return __wrap_open(path, flags);
}

static const char **list;
static const struct opt options[] = {
	{ 'a', "also", NULL, NULL, &list, "name", "this one, too" },
	{ 0 },
};

static int
say(char *operands[], struct err *e)
{
	(void)operands;
	(void)e;
	(void)printf("done\n");
	return CMD_YES;
}

static const struct cmd says = {
	"muster-say", "", 0, 0, "-", options, say, NULL
};

static char out[4096], err[4096];

static void
slurp(FILE *f, char *text)
{
	size_t n;

	rewind(f);
	n = fread(text, 1, 4095, f);
	text[n] = '\0';
	(void)fclose(f);
}

/*
 * The status of the command when the n-th call of name fails; 100 and the
 * number of calls when there was no such one.
 */
static int
ends_without(const char *name, int n, bool close_input)
{
	static char a0[] = "muster-say", a1[] = "-ax", a2[] = "-ay";
	char *argv[] = { a0, a1, a2, NULL };
	FILE *o, *x;
	int status;
	pid_t pid;

	(void)fflush(NULL);
	assert_non_null(o = tmpfile());
	assert_non_null(x = tmpfile());
	assert_true((pid = fork()) != -1);
	if (pid == 0) {
		(void)dup2(fileno(o), STDOUT_FILENO);
		(void)dup2(fileno(x), STDERR_FILENO);
		if (close_input)
			(void)close(STDIN_FILENO);
		fault.name = name;
		fault.left = n;
		fault.armed = true;
		status = cmd_main(&says, 3, argv);
		fault.armed = false;
		exit(fault.left < 0 ? status : 100 + fault.seen);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	slurp(o, out);
	slurp(x, err);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/*
 * Each of the n calls fails in turn, with this error; one more is not made:
 * a new call that nobody tests is noticed here.
 */
static void
each_fails(const char *name, int n, const char *message)
{
	int i;

	for (i = 0; i < n; i++) {
		assert_int_equal(ends_without(name, i, true), CMD_TROUBLE);
		assert_memory_equal(err, "muster-say: ", 12);
		assert_memory_equal(err + 12, message, strlen(message));
		assert_ptr_equal(strchr(err, '\n'), err + strlen(err) - 1);
	}
	assert_int_equal(ends_without(name, n, true), 100 + n);
	assert_string_equal(out, "done\n");
	assert_string_equal(err, "");
}

static void
a_place_that_cannot_be_made_safe_is_trouble(void **state)
{
	(void)state;
	each_fails("open", 1, "cannot open /dev/null: ");
	each_fails("setrlimit", 1, "cannot switch core dumps off: ");
	each_fails("prctl", 1, "cannot switch core dumps off: ");
	each_fails("getrandom", 1, "cannot get random bytes: ");
	assert_int_equal(ends_without("getrandom", 0, false), CMD_TROUBLE);
	assert_string_equal(out, "");
}

static void
memory_that_is_out_is_trouble(void **state)
{
	(void)state;
	each_fails("calloc", 1, "out of memory");
	each_fails("realloc", 2, "out of memory");
}

static void
output_that_cannot_be_checked_is_trouble(void **state)
{
	(void)state;
	each_fails("fflush", 1, "cannot write standard output: ");
	each_fails("dup", 1, "cannot close standard output: ");
}

static void
a_table_without_memory_stays_as_it_was(void **state)
{
	const char *cells[] = { "a", "b" };
	struct table *t;
	struct err e;

	(void)state;
	fault.name = "calloc";
	fault.left = 0;
	fault.armed = true;
	assert_null(table_new("ll", cells, &e));
	fault.name = "realloc";
	fault.left = 0;
	assert_null(table_new("ll", cells, &e));
	assert_int_equal(e.kind, ERR_MEMORY);
	fault.left = 0;
	assert_non_null(t = table_new("ll", NULL, &e));
	assert_int_equal(table_row(t, cells, &e), -1);
	assert_int_equal(table_rows(t), 0);
	assert_int_equal(table_row(t, cells, &e), 0);
	assert_int_equal(table_rows(t), 1);
	fault.armed = false;
	table_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_place_that_cannot_be_made_safe_is_trouble),
		cmocka_unit_test(memory_that_is_out_is_trouble),
		cmocka_unit_test(output_that_cannot_be_checked_is_trouble),
		cmocka_unit_test(a_table_without_memory_stays_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
