/*
 * The life of a command, as its caller sees it: what is printed where, and
 * how it ends.  Each case runs cmd_main() in a child process whose standard
 * descriptors are files of the test.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/err.h"
#include "base/intr.h"
#include "cli/cmd.h"
#include "cli/options.h"
#include "cli/progress.h"

#define TEXT_MAX 16384
#define ARGS_MAX 16

static char out[TEXT_MAX], err[TEXT_MAX];	/* of the last child */

static struct {
	bool		  loud;
	const char	 *store;
	const char	**also;
} want;

static const struct opt options[] = {
	{ 'l', "loud", &want.loud, NULL, NULL, NULL, "be loud" },
	{ 's', "store", NULL, &want.store, NULL, "url", "where it is kept" },
	{ 'a', "also", NULL, NULL, &want.also, "name", "this one, too" },
	{ 0, "an-option-with-a-very-long-name", &want.loud, NULL, NULL, NULL,
	    "has its help on a line of its own" },
	{ 0 },
};

static int
echo(char *operands[], struct err *e)
{
	const char **p;

	(void)e;
	(void)printf("loud %d store %s", want.loud,
	    want.store != NULL ? want.store : "-");
	for (p = want.also; p != NULL && *p != NULL; p++)
		(void)printf(" also %s", *p);
	for (; *operands != NULL; operands++)
		(void)printf(" [%s]", *operands);
	(void)printf("\n");
	return CMD_YES;
}

static const struct cmd echoes = {
	"muster-echo", "[word ...]", 0, -1, "say what was understood",
	options, echo, NULL
};

/* How a child meets its standard output. */
enum way { KEEP, FULL, CLOSED, BROKEN };

static void
slurp(FILE *f, char *text)
{
	size_t n;

	rewind(f);
	n = fread(text, 1, TEXT_MAX - 1, f);
	text[n] = '\0';
	(void)fclose(f);
}

static void
open_output(enum way way, FILE *f)
{
	int pipes[2], fd;

	switch (way) {
	case KEEP:
		(void)dup2(fileno(f), STDOUT_FILENO);
		break;
	case FULL:
		fd = open("/dev/full", O_WRONLY);
		(void)dup2(fd, STDOUT_FILENO);
		(void)close(fd);
		break;
	case CLOSED:
		(void)close(STDOUT_FILENO);
		break;
	case BROKEN:
		if (pipe(pipes) == -1)
			_exit(99);
		(void)close(pipes[0]);
		(void)dup2(pipes[1], STDOUT_FILENO);
		(void)close(pipes[1]);
		break;
	}
}

static int
ends_to(enum way way, const struct cmd *c, const char *const *args)
{
	char *argv[ARGS_MAX + 2];
	FILE *o, *x;
	int argc = 0, status;
	pid_t pid;

	argv[argc++] = (char *)(uintptr_t)c->name;
	while (*args != NULL && argc <= ARGS_MAX)
		argv[argc++] = (char *)(uintptr_t)*args++;
	argv[argc] = NULL;
	(void)fflush(NULL);
	assert_non_null(o = tmpfile());
	assert_non_null(x = tmpfile());
	assert_true((pid = fork()) != -1);
	if (pid == 0) {
		(void)dup2(fileno(x), STDERR_FILENO);
		open_output(way, o);
		exit(cmd_main(c, argc, argv));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	slurp(o, out);
	slurp(x, err);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

#define ends(c, ...) \
	ends_to(KEEP, c, (const char *const[]){ __VA_ARGS__, NULL })
#define wrongly(message, ...) do { \
	assert_int_equal(ends(&echoes, __VA_ARGS__), CMD_USAGE); \
	assert_string_equal(out, ""); \
	assert_string_equal(err, "muster-echo: " message "\n" \
	    "try 'muster-echo --help'\n"); \
} while (0)

static void
options_come_in_all_their_forms(void **state)
{
	(void)state;
	assert_int_equal(ends(&echoes, "-l", "-s", "x", "one", "two"), 0);
	assert_string_equal(out, "loud 1 store x [one] [two]\n");
	assert_string_equal(err, "");
	assert_int_equal(ends(&echoes, "-ls", "x"), 0);
	assert_string_equal(out, "loud 1 store x\n");
	assert_int_equal(ends(&echoes, "-sx", "--loud"), 0);
	assert_string_equal(out, "loud 1 store x\n");
	assert_int_equal(ends(&echoes, "--store", "x"), 0);
	assert_string_equal(out, "loud 0 store x\n");
	assert_int_equal(ends(&echoes, "--store=x=y"), 0);
	assert_string_equal(out, "loud 0 store x=y\n");
	assert_int_equal(ends(&echoes, "--store="), 0);
	assert_string_equal(out, "loud 0 store \n");
	assert_int_equal(ends(&echoes, "--store", "--loud"), 0);
	assert_string_equal(out, "loud 0 store --loud\n");
}

static void
a_list_collects_and_nothing_else_may_be_given_twice(void **state)
{
	(void)state;
	assert_int_equal(ends(&echoes, "-ab", "--also", "c", "--also=d"), 0);
	assert_string_equal(out, "loud 0 store - also b also c also d\n");
	wrongly("option '--store' is given twice", "-s", "x", "--store=x");
	wrongly("option '--loud' is given twice", "-ll");
	wrongly("option '--json' is given twice", "--json", "--json");
}

static void
operands_end_the_options(void **state)
{
	(void)state;
	assert_int_equal(ends(&echoes, "one", "-l", "--bogus"), 0);
	assert_string_equal(out, "loud 0 store - [one] [-l] [--bogus]\n");
	assert_int_equal(ends(&echoes, "--", "-l", "--", "!#:+"), 0);
	assert_string_equal(out, "loud 0 store - [-l] [--] [!#:+]\n");
	assert_int_equal(ends(&echoes, "-", "-l"), 0);
	assert_string_equal(out, "loud 0 store - [-] [-l]\n");
	assert_int_equal(ends(&echoes, "", "x"), 0);
	assert_string_equal(out, "loud 0 store - [] [x]\n");
}

static void
wrong_options_are_named(void **state)
{
	(void)state;
	wrongly("unknown option '--bogus'", "--bogus");
	wrongly("unknown option '--bogus'", "--bogus=secret");
	wrongly("unknown option '--stor'", "--stor", "x");
	wrongly("unknown option '-loud'", "-loud");
	wrongly("option '--store' needs an argument", "--store");
	wrongly("option '-s' needs an argument", "-s");
	wrongly("option '--loud' takes no argument", "--loud=yes");
	wrongly("option '--progress': expected json, line or none, not 'x'",
	    "--progress=x");
	wrongly("'!#:+' can only be passed in an operand after '--'",
	    "--store=a!#:+b", "operand");
	wrongly("'!#:+' can only be passed in an operand after '--'",
	    "--store", "--", "--store=a!#:+b");
}

static int
list_is_empty(char *operands[], struct err *e)
{
	(void)operands;
	(void)e;
	return want.also == NULL ? CMD_YES : CMD_NO;
}

static void
a_list_has_an_end(void **state)
{
	const struct cmd c = { "muster-list", "", 0, 0, "-", options,
	    list_is_empty, NULL };
	char *argv[2002];
	static char word[] = "-ax";
	struct options *o;
	struct err e;
	int i;

	(void)state;
	assert_int_equal(ends_to(KEEP, &c, (const char *[]){ NULL }), 0);
	for (i = 0; i < 2001; i++)
		argv[i] = word;
	argv[2001] = NULL;
	assert_non_null(o = options_new(options, NULL, &e));
	assert_int_equal(options_parse(o, 2001, argv, &e), -1);
	assert_string_equal(e.text,
	    "option '--also' is given more than 1024 times");
	options_free(o);
	assert_null(want.also);
	options_free(NULL);
}

static void
a_table_of_too_many_options_is_refused(void **state)
{
	static struct opt many[66];
	static char words[65][8];
	bool flag;
	struct err e;
	int i;

	(void)state;
	for (i = 0; i < 65; i++) {
		(void)snprintf(words[i], sizeof(words[i]), "word%d", i);
		many[i] = (struct opt){ .word = words[i], .flag = &flag };
	}
	assert_null(options_new(many, NULL, &e));
	assert_string_equal(e.text, "more than 64 options");
}

static void
operands_are_counted(void **state)
{
	const struct cmd one = { "muster-one", "snapshot", 1, 1, "-",
	    options, echo, NULL };
	const struct cmd none = { "muster-none", "", 0, 0, "-", options,
	    echo, NULL };

	(void)state;
	assert_int_equal(ends(&one, "x"), 0);
	assert_int_equal(ends(&one, "-l"), CMD_USAGE);
	assert_string_equal(err, "muster-one: an operand is missing: expected "
	    "snapshot\ntry 'muster-one --help'\n");
	assert_int_equal(ends(&one, "x", "y"), CMD_USAGE);
	assert_string_equal(err, "muster-one: one operand too many, 'y': "
	    "expected snapshot\ntry 'muster-one --help'\n");
	assert_int_equal(ends(&none, "x"), CMD_USAGE);
	assert_string_equal(err, "muster-none: unexpected operand 'x'\n"
	    "try 'muster-none --help'\n");
}

static void
help_and_version_answer_on_standard_output(void **state)
{
	const struct cmd one = { "muster-one", "snapshot", 1, 1,
	    "look at one snapshot", options, echo, NULL };

	(void)state;
	assert_int_equal(ends(&one, "--help"), 0);
	assert_string_equal(err, "");
	assert_memory_equal(out, "usage: muster-one [option ...] snapshot\n"
	    "muster-one: look at one snapshot\n\noptions:\n", 83);
	assert_non_null(strstr(out,
	    "\n  -s, --store=url         where it is kept\n"));
	assert_non_null(strstr(out,
	    "\n      --an-option-with-a-very-long-name\n"
	    "                          has its help on a line of its own\n"));
	assert_non_null(strstr(out,
	    "\n  -q, --quiet             say nothing but trouble\n"));
	assert_non_null(strstr(out, "\nexit status: 0 done, yes; 1 "));
	assert_non_null(strstr(out, "See muster-one(1) and muster(1).\n"));
	assert_int_equal(ends(&one, "-h"), 0);
	assert_int_equal(ends(&one, "--version"), 0);
	assert_string_equal(out, "muster-one " MUSTER_VERSION "\n");
	assert_int_equal(ends_to(FULL, &one,
	    (const char *const[]){ "--help", NULL }), CMD_TROUBLE);
}

static const struct opt hiding[] = {
	{ 'h', "host", NULL, &want.store, NULL, "name", "its own -h" },
	{ 0, "quiet", &want.loud, NULL, NULL, NULL, "its own quiet" },
	{ 0 },
};

static void
an_own_option_hides_the_common_one(void **state)
{
	const struct cmd c = { "muster-x", "", 0, 0, "-", hiding, echo, NULL };

	(void)state;
	assert_int_equal(ends(&c, "-h", "x", "--quiet"), 0);
	assert_string_equal(out, "loud 1 store x\n");
	assert_int_equal(ends(&c, "-q"), CMD_USAGE);
	assert_int_equal(ends(&c, "--help"), 0);
	assert_non_null(strstr(out, "      --help"));
}

static void
output_that_was_not_written_is_trouble(void **state)
{
	const char *const none[] = { NULL };
	const struct cmd silent = { "muster-silent", "", 0, 0, "-", options,
	    list_is_empty, NULL };

	(void)state;
	assert_int_equal(ends_to(FULL, &echoes, none), CMD_TROUBLE);
	assert_memory_equal(err, "muster-echo: cannot write standard output: ",
	    43);
	assert_int_equal(ends_to(CLOSED, &echoes, none), CMD_TROUBLE);
	assert_memory_equal(err, "muster-echo: cannot write standard output: ",
	    43);
	assert_int_equal(ends_to(BROKEN, &echoes, none), CMD_TROUBLE);
	assert_memory_equal(err, "muster-echo: cannot write standard output: ",
	    43);
	assert_int_equal(ends_to(FULL, &silent, none), CMD_YES);
	assert_int_equal(ends_to(CLOSED, &silent, none), CMD_YES);
}

static int
much(char *operands[], struct err *e)
{
	int i;

	(void)operands;
	(void)e;
	for (i = 0; i < 10000; i++)
		(void)printf("line %d\n", i);
	(void)fflush(stdout);
	return CMD_YES;
}

static void
a_byte_lost_early_is_noticed_at_the_end(void **state)
{
	const struct cmd c = { "muster-much", "", 0, 0, "-", options, much,
	    NULL };

	(void)state;
	assert_int_equal(ends_to(FULL, &c, (const char *[]){ NULL }),
	    CMD_TROUBLE);
	assert_string_equal(err, "muster-much: cannot write standard output\n");
}

static struct {
	int		 status;
	enum err_kind	 kind;
	const char	*text;
	int		 sig;
} plan;

static int
follow_plan(char *operands[], struct err *e)
{
	(void)operands;
	if (plan.sig != 0)
		(void)raise(plan.sig);
	if (plan.kind == ERR_INTERRUPTED)
		(void)intr_check(e);
	else if (plan.text != NULL)
		(void)err_set(e, plan.kind, "%s", plan.text);
	return plan.status;
}

static const struct cmd planned = {
	"muster-plan", "", 0, 0, "-", options, follow_plan, NULL
};

static void
the_status_is_what_run_said(void **state)
{
	const int said[] = { 0, 1, 2, 3, 4, 64, 75 };
	const int odd[] = { -1, 5, 42, 130, 256 };
	size_t i;

	(void)state;
	memset(&plan, 0, sizeof(plan));
	for (i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
		plan.status = said[i];
		assert_int_equal(ends(&planned, "-q"), said[i]);
	}
	for (i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		plan.status = odd[i];
		assert_int_equal(ends(&planned, "-q"), CMD_TROUBLE);
	}
}

static void
trouble_that_is_a_lock_or_a_signal_has_its_own_status(void **state)
{
	const int sigs[] = { SIGINT, SIGTERM, SIGHUP };
	size_t i;

	(void)state;
	memset(&plan, 0, sizeof(plan));
	plan.status = CMD_TROUBLE;
	plan.kind = ERR_LOCKED;
	plan.text = "cannot lock x: another run holds it";
	assert_int_equal(ends(&planned, "-q"), CMD_LOCKED);
	assert_string_equal(err,
	    "muster-plan: cannot lock x: another run holds it\n");
	plan.status = CMD_CHANGED;
	assert_int_equal(ends(&planned, "-q"), CMD_CHANGED);
	plan.kind = ERR_INTERRUPTED;
	plan.status = CMD_TROUBLE;
	for (i = 0; i < sizeof(sigs) / sizeof(sigs[0]); i++) {
		plan.sig = sigs[i];
		assert_int_equal(ends(&planned, "-q"), 128 + sigs[i]);
		assert_memory_equal(err, "muster-plan: ", 13);
	}
}

static void
an_error_is_one_harmless_line(void **state)
{
	memset(&plan, 0, sizeof(plan));
	plan.status = CMD_NO;
	plan.kind = ERR_DAMAGED;
	plan.text = "cannot read a\nb\033[2J\x7f\xc3\xbc: gone";
	(void)state;
	assert_int_equal(ends(&planned, "-q"), CMD_NO);
	assert_string_equal(err, "muster-plan: cannot read a\\x0ab\\x1b[2J\\x7f"
	    "\xc3\xbc: gone\n");
}

static int
look_around(char *operands[], struct err *e)
{
	struct rlimit r;
	mode_t mask = umask(0);

	(void)operands;
	(void)e;
	if (getrlimit(RLIMIT_CORE, &r) == -1 || r.rlim_cur != 0 ||
	    r.rlim_max != 0)
		return CMD_NO;
	if (mask != 077 || prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0)
		return CMD_NO;
	if (strlen(cmd_run_id()) != 16 ||
	    strspn(cmd_run_id(), "0123456789abcdef") != 16)
		return CMD_NO;
	(void)printf("%d%d%d %s\n", cmd_quiet(), cmd_verbose(), cmd_json(),
	    cmd_run_id());
	return CMD_YES;
}

static const struct cmd around = {
	"muster-around", "", 0, 0, "-", options, look_around, NULL
};

static void
a_command_starts_in_a_safe_place(void **state)
{
	char first[TEXT_MAX];

	(void)state;
	assert_int_equal(ends(&around, "--json", "-q"), 0);
	assert_memory_equal(out, "101 ", 4);
	memcpy(first, out, sizeof(first));
	assert_int_equal(ends(&around, "-v"), 0);
	assert_memory_equal(out, "010 ", 4);
	assert_string_not_equal(first + 4, out + 4);
}

static int
open_one(char *operands[], struct err *e)
{
	char c;
	int fd = open("/dev/null", O_RDWR);

	(void)operands;
	if (read(STDIN_FILENO, &c, 1) != -1 || errno != EBADF)
		return err_set(e, ERR_SYSTEM, "standard input can be read");
	(void)close(fd);
	return fd > STDERR_FILENO ? CMD_YES : CMD_NO;
}

static void
a_file_never_becomes_a_standard_descriptor(void **state)
{
	const struct cmd c = { "muster-open", "", 0, 0, "-", options,
	    open_one, NULL };
	static char name[] = "muster-open";
	char *argv[] = { name, NULL };
	int status;
	pid_t pid;

	(void)state;
	(void)fflush(NULL);
	assert_true((pid = fork()) != -1);
	if (pid == 0) {
		(void)close(STDIN_FILENO);
		(void)close(STDOUT_FILENO);
		(void)close(STDERR_FILENO);
		exit(cmd_main(&c, 1, argv));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static int
answer(char *operands[], struct err *e)
{
	if (*operands != NULL)		/* not UTF-8: jansson says NULL */
		return cmd_answer("seen", json_string("\xff"), e) == -1 ?
		    CMD_TROUBLE : CMD_YES;
	if (cmd_answer("seen", json_pack("{si, ss}", "parts", 3, "event",
	    "other"), e) == -1)
		return CMD_TROUBLE;
	return CMD_YES;
}

static void
an_answer_is_one_object_on_a_line(void **state)
{
	const struct cmd c = { "muster-answer", "[x]", 0, 1, "-", options,
	    answer, NULL };
	json_t *o;

	(void)state;
	assert_int_equal(ends(&c, "--json"), 0);
	assert_ptr_equal(strchr(out, '\n'), out + strlen(out) - 1);
	assert_non_null(o = json_loads(out, 0, NULL));
	assert_string_equal(json_string_value(json_object_get(o, "schema")),
	    "muster.seen/1");
	assert_string_equal(json_string_value(json_object_get(o, "event")),
	    "seen");
	assert_int_equal(strlen(json_string_value(
	    json_object_get(o, "run_id"))), 16);
	assert_int_equal(json_integer_value(json_object_get(o, "parts")), 3);
	json_decref(o);
	assert_int_equal(ends(&c, "x"), CMD_TROUBLE);
	assert_non_null(strstr(err, "cannot build the answer seen"));
	assert_int_equal(ends_to(FULL, &c, (const char *[]){ NULL }),
	    CMD_TROUBLE);
	assert_memory_equal(err, "muster-answer: cannot write standard output"
	    ": ", 45);
	assert_ptr_equal(strchr(err, '\n'), err + strlen(err) - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_come_in_all_their_forms),
		cmocka_unit_test(
		    a_list_collects_and_nothing_else_may_be_given_twice),
		cmocka_unit_test(operands_end_the_options),
		cmocka_unit_test(wrong_options_are_named),
		cmocka_unit_test(a_list_has_an_end),
		cmocka_unit_test(a_table_of_too_many_options_is_refused),
		cmocka_unit_test(operands_are_counted),
		cmocka_unit_test(help_and_version_answer_on_standard_output),
		cmocka_unit_test(an_own_option_hides_the_common_one),
		cmocka_unit_test(output_that_was_not_written_is_trouble),
		cmocka_unit_test(a_byte_lost_early_is_noticed_at_the_end),
		cmocka_unit_test(the_status_is_what_run_said),
		cmocka_unit_test(
		    trouble_that_is_a_lock_or_a_signal_has_its_own_status),
		cmocka_unit_test(an_error_is_one_harmless_line),
		cmocka_unit_test(a_command_starts_in_a_safe_place),
		cmocka_unit_test(a_file_never_becomes_a_standard_descriptor),
		cmocka_unit_test(an_answer_is_one_object_on_a_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
