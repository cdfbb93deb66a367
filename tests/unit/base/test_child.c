/* Child processes: their status, their output, their death. */
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/child.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/intr.h"

static struct buf	out;

static int
fresh(void **state)
{
	(void)state;
	buf_init(&out, 1000000);
	return 0;
}

static int
gone(void **state)
{
	(void)state;
	buf_drop(&out);
	return 0;
}

/* What a line of shell says and answers. */
static int
shell(const char *line)
{
	struct err e;
	int status = -1;

	assert_int_equal(child_shell(line, NULL, 30, &out, &status, &e),
	    0);
	return status;
}

static const char *
said(void)
{
	struct err e;

	return buf_text(&out, &e);
}

static struct child *
start(const char *line)
{
	const char *const argv[] = { "sh", "-c", line, NULL };
	const struct child_spec spec = {
		.argv = argv, .in = -1, .out = -1, .err = -1,
	};
	struct child *c;
	struct err e;

	c = child_start(&spec, &e);
	assert_non_null(c);
	return c;
}

static void
the_exit_status_is_told_as_it_is(void **state)
{
	(void)state;
	assert_int_equal(shell("exit 0"), 0);
	assert_int_equal(shell("exit 255"), 255);
	assert_int_equal(shell("kill -9 $$"), 137);
	assert_int_equal(shell("kill -TERM $$"), 143);
	assert_int_equal(shell("false | true"), 0);	/* sh's business */
}

static void
output_and_errors_come_together(void **state)
{
	(void)state;
	assert_int_equal(shell("echo one; echo two >&2; cat; echo three"), 0);
	assert_string_equal(said(), "one\ntwo\nthree\n");
}

static void
more_output_than_fits_is_cut_and_never_blocks(void **state)
{
	struct err e;
	int status;

	(void)state;
	out.max = 1000;
	assert_int_equal(shell("head -c 10000000 /dev/zero; exit 7"), 7);
	assert_int_equal(out.len, 1000);
	assert_int_equal(child_shell("head -c 1000000 /dev/zero; exit 8",
	    NULL, 30, NULL, &status, &e), 0);
	assert_int_equal(status, 8);
}

static void
all_output_up_to_the_maximum_is_kept(void **state)
{
	(void)state;
	assert_int_equal(shell("head -c 999999 /dev/zero"), 0);
	assert_int_equal(out.len, 999999);
}

static void
what_holds_the_pipe_in_the_background_does_not_hold_us(void **state)
{
	(void)state;
	assert_int_equal(shell("sleep 1000 & exit 4"), 4);
	assert_int_equal(shell("setsid sleep 5 & yes >&2 & exit 3"), 3);
}

static void
a_command_that_lasts_too_long_is_killed(void **state)
{
	struct err e;
	int64_t start_ns = clock_monotonic();
	int status = -1;

	(void)state;
	assert_int_equal(child_shell("echo begun; sleep 1000; echo never",
	    NULL, 1, &out, &status, &e), 0);
	assert_int_equal(status, 124);
	assert_string_equal(said(), "begun\n");
	buf_clear(&out);
	assert_int_equal(child_shell("yes", NULL, 1, &out, &status, &e), 0);
	assert_int_equal(status, 124);
	assert_true(clock_monotonic() - start_ns < 20 * INT64_C(1000000000));
}

static void
the_clock_of_tests_does_not_stop_time_outs(void **state)
{
	struct err e;
	int status = -1;

	(void)state;
	clock_fake(0, 0);
	assert_int_equal(child_shell("sleep 1000", NULL, 1, &out, &status,
	    &e), 0);
	clock_fake(-1, -1);
	assert_int_equal(status, 124);
}

static void
a_missing_program_is_absent(void **state)
{
	static const char *const argv[] = { "muster-no-such-program", NULL };
	const struct child_spec spec = {
		.argv = argv, .in = -1, .out = -1, .err = -1,
	};
	struct err e;
	int status;

	(void)state;
	assert_null(child_start(&spec, &e));
	assert_int_equal(e.kind, ERR_ABSENT);
	assert_string_equal(e.text,
	    "cannot run muster-no-such-program: no such program");
	assert_int_equal(child_run(&spec, 1, &out, &status, &e), -1);
	assert_int_equal(e.kind, ERR_ABSENT);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);	/* nothing was left */
}

static void
what_cannot_be_executed_or_entered_is_told(void **state)
{
	static const char *const argv[] = { "/dev/null", NULL };
	static const char *const sh[] = { "sh", "-c", "exit 0", NULL };
	struct child_spec spec = {
		.argv = argv, .in = -1, .out = -1, .err = -1,
	};
	struct err e;

	(void)state;
	assert_null(child_start(&spec, &e));
	assert_int_equal(e.sys, EACCES);
	spec.argv = sh;
	spec.dir = "/nonexistent";
	assert_null(child_start(&spec, &e));
	assert_string_equal(e.text, "cannot run sh: enter /nonexistent: "
	    "No such file or directory");
	assert_int_equal(e.kind, ERR_SYSTEM);
}

static void
environment_and_folder_are_given(void **state)
{
	static const char *const env[] = { "HOME=/here", "NEW=a=b", NULL };
	static const char *const argv[] = {
		"sh", "-c", "echo $HOME $NEW $HOMER; pwd", NULL
	};
	const struct child_spec spec = {
		.argv = argv, .env = env, .dir = "/usr", .in = -1,
	};
	struct err e;
	int status;

	(void)state;
	assert_int_equal(setenv("HOMER", "kept", 1), 0);
	assert_int_equal(child_run(&spec, 30, &out, &status, &e), 0);
	assert_string_equal(said(), "/here a=b kept\n/usr\n");
}

/* No device can be synced: whoever asks is told so, or that it was done. */
static void
nothing_is_synced_if_so_wanted(void **state)
{
	static const char *const argv[] = {
		"sh", "-c", "sync /dev/null && sync -d /dev/null", NULL
	};
	struct child_spec spec = { .argv = argv, .in = -1 };
	struct err e;
	int status;

	(void)state;
	assert_int_equal(child_run(&spec, 30, &out, &status, &e), 0);
	assert_int_equal(status, 1);
#if defined(__x86_64__) || defined(__aarch64__)
	spec.no_sync = true;
	assert_int_equal(child_run(&spec, 30, &out, &status, &e), 0);
	assert_int_equal(status, 0);
#endif
}

static void
no_descriptor_of_ours_is_inherited(void **state)
{
	int fd[20], i;

	(void)state;
	for (i = 0; i < 20; i++)
		fd[i] = open("/dev/null", O_RDONLY);	/* not CLOEXEC */
	assert_int_equal(shell("ls /proc/self/fd | wc -w"), 0);
	/* its three and the one with which ls reads the folder */
	assert_int_equal(atoi(said()), 4);
	for (i = 0; i < 20; i++)
		assert_int_equal(close(fd[i]), 0);
}

static void
descriptors_land_in_their_places_even_crossed(void **state)
{
	static const char *const argv[] = {
		"sh", "-c", "cat; echo err >&2", NULL
	};
	struct child_spec spec = { .argv = argv };
	char text[32] = "";
	int in[2], back[2], status;
	struct child *c;
	struct err e;

	(void)state;
	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(back), 0);
	spec.in = in[0];
	spec.out = back[1];
	spec.err = back[1];
	assert_non_null(c = child_start(&spec, &e));
	assert_int_equal(write(in[1], "hello\n", 6), 6);
	(void)close(in[0]);
	(void)close(in[1]);
	assert_int_equal(child_wait(c, -1, &status, &e), 1);
	assert_int_equal(status, 0);
	assert_int_equal(read(back[0], text, sizeof(text)), 10);
	assert_string_equal(text, "hello\nerr\n");
	(void)close(back[0]);
	(void)close(back[1]);
	child_kill(c);
}

static void
waiting_says_whether_it_ended(void **state)
{
	struct child *c = start("sleep 1000");
	struct err e;
	int status = -1;

	(void)state;
	assert_int_equal(child_wait(c, 0, &status, &e), 0);
	assert_int_equal(child_wait(c, 50, &status, &e), 0);
	assert_int_equal(kill(child_pid(c), SIGTERM), 0);
	assert_int_equal(child_wait(c, 30000, &status, &e), 1);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGTERM);
	status = -1;
	assert_int_equal(child_wait(c, 0, &status, &e), 1);	/* again */
	assert_true(WIFSIGNALED(status));
	child_kill(c);
	child_kill(NULL);
}

static void
killing_takes_the_whole_group(void **state)
{
	const char *const argv[] = {
		"sh", "-c", "sleep 1000 & echo $!; wait", NULL
	};
	struct child_spec spec = { .argv = argv, .in = -1, .err = -1 };
	char text[32] = "";
	struct child *c;
	struct err e;
	int p[2], i;

	(void)state;
	assert_int_equal(pipe(p), 0);
	spec.out = p[1];
	assert_non_null(c = child_start(&spec, &e));
	(void)close(p[1]);
	assert_true(read(p[0], text, sizeof(text) - 1) > 0);
	child_kill(c);
	/* The grandchild held the pipe: its end says that it is gone. */
	assert_int_equal(read(p[0], text + 16, 1), 0);
	(void)close(p[0]);
	for (i = 0; i < 2; i++)
		assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void
a_child_dies_with_us(void **state)
{
	char byte;
	int p[2];
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(p), 0);
	if ((pid = fork()) == 0) {
		const char *const argv[] = {
			"sh", "-c", "echo; exec sleep 1000", NULL
		};
		const struct child_spec spec = {
			.argv = argv, .in = -1, .out = p[1], .err = -1,
			.uid = geteuid() == 0 ? 65534 : 0, .gid = 65534,
		};
		struct err e;

		(void)close(p[0]);
		if (child_start(&spec, &e) == NULL)
			_exit(1);
		(void)close(p[1]);
		for (;;)
			(void)pause();
	}
	(void)close(p[1]);
	assert_int_equal(read(p[0], &byte, 1), 1);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(read(p[0], &byte, 1), 0);	/* it is gone, too */
	(void)close(p[0]);
}

static void
root_can_become_another_user_wholly(void **state)
{
	static const char *const argv[] = {
		"sh", "-c", "id -u; id -g; id -G", NULL
	};
	const struct child_spec spec = {
		.argv = argv, .uid = 65534, .gid = 65533,
	};
	struct err e;
	int status;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(child_run(&spec, 30, &out, &status, &e), 0);
	assert_string_equal(said(), "65534\n65533\n65533\n");
}

/* As some runtimes do with the two signals that the C library keeps. */
static void
set_for_real(void (*how)(int))
{
	const uintptr_t action[16] = { (uintptr_t)how };

	for (int sig = 32; sig < 34; sig++)
		assert_int_equal(syscall(SYS_rt_sigaction, sig, action, NULL,
		    (size_t)NSIG / 8), 0);
}

static void
a_child_starts_with_ordinary_signals(void **state)
{
	sigset_t all, old;

	(void)state;
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGINT, SIG_IGN);
	set_for_real(SIG_IGN);
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, &old);
	assert_int_equal(shell("grep -E '^Sig(Blk|Ign)' /proc/self/status"),
	    0);
	(void)sigprocmask(SIG_SETMASK, &old, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)signal(SIGINT, SIG_DFL);
	set_for_real(SIG_DFL);
	assert_string_equal(said(), "SigBlk:\t0000000000000000\n"
	    "SigIgn:\t0000000000000000\n");
}

static void
a_signal_to_us_ends_the_command_and_the_wait(void **state)
{
	pid_t pid;
	int status;

	(void)state;
	if ((pid = fork()) == 0) {
		struct err e;
		struct child *c = start("sleep 1000");

		intr_watch();
		(void)alarm(20);
		(void)raise(SIGTERM);
		status = child_wait(c, -1, &status, &e) == -1 &&
		    e.kind == ERR_INTERRUPTED &&
		    child_shell("sleep 1000", NULL, 0, NULL, &status,
		    &e) == -1 && e.kind == ERR_INTERRUPTED;
		child_kill(c);
		_exit(status ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void
a_status_that_was_lost_is_an_error(void **state)
{
	struct child *c = start("exit 0");
	struct err e;
	int status;

	(void)state;
	assert_int_equal(waitpid(child_pid(c), NULL, 0), child_pid(c));
	assert_int_equal(child_wait(c, -1, &status, &e), -1);
	assert_int_equal(e.sys, ECHILD);
	child_kill(c);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, fresh, gone)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_exit_status_is_told_as_it_is),
		TEST(output_and_errors_come_together),
		TEST(more_output_than_fits_is_cut_and_never_blocks),
		TEST(all_output_up_to_the_maximum_is_kept),
		TEST(what_holds_the_pipe_in_the_background_does_not_hold_us),
		TEST(a_command_that_lasts_too_long_is_killed),
		TEST(the_clock_of_tests_does_not_stop_time_outs),
		TEST(a_missing_program_is_absent),
		TEST(what_cannot_be_executed_or_entered_is_told),
		TEST(environment_and_folder_are_given),
		TEST(nothing_is_synced_if_so_wanted),
		TEST(no_descriptor_of_ours_is_inherited),
		TEST(descriptors_land_in_their_places_even_crossed),
		TEST(waiting_says_whether_it_ended),
		TEST(killing_takes_the_whole_group),
		TEST(a_child_dies_with_us),
		TEST(root_can_become_another_user_wholly),
		TEST(a_child_starts_with_ordinary_signals),
		TEST(a_signal_to_us_ends_the_command_and_the_wait),
		TEST(a_status_that_was_lost_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
