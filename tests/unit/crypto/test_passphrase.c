/*
 * Passphrases from files and from a person.  The person is a pseudo-terminal:
 * a child that has it as its controlling terminal is asked, this process
 * types, reads what is shown, and looks at the terminal's echo.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/intr.h"
#include "crypto/keys.h"
#include "crypto/passphrase.h"
#include "../../lib/keys_kit.h"

static void
expect_file(const char *text, size_t n, const char *pass)
{
	const struct passphrase_source from = { .file = "pass" };
	struct passphrase *p;
	struct err e;

	kit_write("pass", text, n, 0600);
	p = passphrase_get(&from, false, &e);
	if (pass == NULL) {
		assert_null(p);
		assert_int_equal(e.kind, ERR_INPUT);
		return;
	}
	assert_non_null(p);
	assert_int_equal(p->len, strlen(pass));
	assert_memory_equal(p->text, pass, p->len);
	passphrase_free(p);
}

static void
the_first_line_of_a_file_counts(void **state)
{
	static char long_line[PASSPHRASE_MAX + 1];

	(void)state;
	expect_file("abc", 3, "abc");
	expect_file("abc\n", 4, "abc");
	expect_file("abc\r\n", 5, "abc");
	expect_file(" a b \n", 6, " a b ");
	expect_file("abc\nmore\n", 9, "abc");
	expect_file("", 0, NULL);
	expect_file("\nabc", 4, NULL);
	expect_file("\r\n", 2, NULL);
	memset(long_line, 'x', sizeof(long_line));
	expect_file(long_line, sizeof(long_line), NULL);
}

static void
a_loose_file_is_denied(void **state)
{
	const struct passphrase_source from = { .file = "pass", .ask = true };
	struct err e;

	(void)state;
	kit_write("pass", "abc", 3, 0644);
	assert_null(passphrase_get(&from, false, &e));
	assert_int_equal(e.kind, ERR_DENIED);
	(void)unlink("pass");
	assert_null(passphrase_get(&from, false, &e));
	assert_int_equal(e.kind, ERR_ABSENT);
}

static void
no_source_is_denied(void **state)
{
	const struct passphrase_source from = { 0 };
	struct err e;

	(void)state;
	assert_null(passphrase_get(&from, false, &e));
	assert_int_equal(e.kind, ERR_DENIED);
}

/* A child in a terminal of its own that asks and tells by its status. */
struct person {
	pid_t	pid;
	int	tty;
	char	seen[4096];	/* all that was shown */
	size_t	n;
};

enum told { TOLD_RIGHT, TOLD_WRONG, TOLD_INPUT, TOLD_INTERRUPTED, TOLD_OTHER };

static void
ask_in_child(bool twice, bool watch)
{
	const struct passphrase_source from = {
		.ask = true, .prompt = "Say it"
	};
	struct passphrase *p;
	struct err e;

	if (watch)
		intr_watch();
	if ((p = passphrase_get(&from, twice, &e)) != NULL)
		_exit(p->len == 5 && memcmp(p->text, "hello", 5) == 0 ?
		    TOLD_RIGHT : TOLD_WRONG);
	_exit(e.kind == ERR_INPUT ? TOLD_INPUT :
	    e.kind == ERR_INTERRUPTED ? TOLD_INTERRUPTED : TOLD_OTHER);
}

static void
start(struct person *p, bool twice, bool watch)
{
	memset(p, 0, sizeof(*p));
	p->pid = forkpty(&p->tty, NULL, NULL, NULL);
	assert_true(p->pid >= 0);
	if (p->pid == 0)
		ask_in_child(twice, watch);
}

/* Read what is shown until it holds this text. */
static void
wait_for(struct person *p, const char *text)
{
	struct pollfd look = { .fd = p->tty, .events = POLLIN };
	ssize_t n;

	while (strstr(p->seen, text) == NULL) {
		assert_int_equal(poll(&look, 1, 10000), 1);
		n = read(p->tty, p->seen + p->n, sizeof(p->seen) - p->n - 1);
		assert_true(n > 0);
		p->n += (size_t)n;
		p->seen[p->n] = '\0';
	}
}

static void
type(struct person *p, const char *text)
{
	assert_int_equal(write(p->tty, text, strlen(text)), strlen(text));
}

static bool
echoes(const struct person *p)
{
	struct termios t;

	assert_int_equal(tcgetattr(p->tty, &t), 0);
	return (t.c_lflag & ECHO) != 0;
}

/*
 * The status, after the terminal was drained; the terminal must echo again.
 * It is looked at from this side, which stays open.
 */
static int
finish(struct person *p)
{
	struct pollfd look = { .fd = p->tty, .events = POLLIN };
	int status;
	ssize_t n;

	for (;;) {
		assert_int_equal(poll(&look, 1, 10000), 1);
		n = read(p->tty, p->seen + p->n, sizeof(p->seen) - p->n - 1);
		if (n <= 0)
			break;		/* EIO: nobody has it open */
		p->n += (size_t)n;
		p->seen[p->n] = '\0';
	}
	assert_int_equal(waitpid(p->pid, &status, 0), p->pid);
	assert_true(echoes(p));
	assert_int_equal(close(p->tty), 0);
	return status;
}

static void
a_person_types_unseen(void **state)
{
	struct person p;
	int status;

	(void)state;
	start(&p, false, true);
	wait_for(&p, "Say it: ");
	assert_false(echoes(&p));
	type(&p, "hello\n");
	status = finish(&p);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), TOLD_RIGHT);
	assert_null(strstr(p.seen, "hello"));
}

static void
a_new_passphrase_is_asked_for_twice(void **state)
{
	struct person p;

	(void)state;
	start(&p, true, true);
	wait_for(&p, "Say it: ");
	type(&p, "hello\n");
	wait_for(&p, "The same again: ");
	assert_false(echoes(&p));
	type(&p, "hello\n");
	assert_int_equal(WEXITSTATUS(finish(&p)), TOLD_RIGHT);

	start(&p, true, true);
	wait_for(&p, "Say it: ");
	type(&p, "hello\n");
	wait_for(&p, "The same again: ");
	type(&p, "hallo\n");
	assert_int_equal(WEXITSTATUS(finish(&p)), TOLD_INPUT);
}

static void
nothing_typed_is_refused(void **state)
{
	struct person p;

	(void)state;
	start(&p, false, true);
	wait_for(&p, "Say it: ");
	type(&p, "\n");
	assert_int_equal(WEXITSTATUS(finish(&p)), TOLD_INPUT);

	start(&p, false, true);
	wait_for(&p, "Say it: ");
	type(&p, "\004");			/* ^D */
	assert_int_equal(WEXITSTATUS(finish(&p)), TOLD_INPUT);
}

static void
too_much_typed_is_refused(void **state)
{
	char text[PASSPHRASE_MAX + 2];
	struct person p;

	(void)state;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 2] = '\n';
	text[sizeof(text) - 1] = '\0';
	start(&p, false, true);
	wait_for(&p, "Say it: ");
	type(&p, text);
	assert_int_equal(WEXITSTATUS(finish(&p)), TOLD_INPUT);
}

static void
an_interrupt_brings_the_echo_back(void **state)
{
	struct person p;

	(void)state;
	start(&p, false, true);
	wait_for(&p, "Say it: ");
	type(&p, "hel\003");			/* ^C */
	assert_int_equal(WEXITSTATUS(finish(&p)), TOLD_INTERRUPTED);

	start(&p, false, true);
	wait_for(&p, "Say it: ");
	assert_int_equal(kill(p.pid, SIGTERM), 0);
	assert_int_equal(WEXITSTATUS(finish(&p)), TOLD_INTERRUPTED);
}

static void
a_signal_that_kills_kills_after_the_echo_is_back(void **state)
{
	struct person p;
	int status;

	(void)state;
	start(&p, false, false);
	wait_for(&p, "Say it: ");
	type(&p, "hel\034");			/* ^\ */
	status = finish(&p);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGQUIT);
}

static void
no_terminal_is_an_error(void **state)
{
	const struct passphrase_source from = { .ask = true };
	struct err e;
	int status;
	pid_t pid;

	(void)state;
	if ((pid = fork()) == 0) {
		(void)setsid();
		_exit(passphrase_get(&from, false, &e) == NULL &&
		    e.kind == ERR_SYSTEM ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, kit_enter, kit_leave)
		T(the_first_line_of_a_file_counts),
		T(a_loose_file_is_denied),
		T(no_source_is_denied),
		T(a_person_types_unseen),
		T(a_new_passphrase_is_asked_for_twice),
		T(nothing_typed_is_refused),
		T(too_much_typed_is_refused),
		T(an_interrupt_brings_the_echo_back),
		T(a_signal_that_kills_kills_after_the_echo_is_back),
		T(no_terminal_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
