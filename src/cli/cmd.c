/*
 * The life of a command.  What this file promises: only a run that said "yes"
 * and whose every byte of output was accepted by the system ends with 0.
 *
 * A standard descriptor that was closed by the caller is opened the contrary
 * way round (output for reading, input for writing), so that no file of ours
 * ever becomes descriptor 1 by accident, and printing still fails as it would
 * have: with EBADF, found by the check at the end.
 */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/intr.h"
#include "base/num.h"
#include "cli/cmd.h"
#include "cli/options.h"
#include "cli/progress.h"

#define RUN_ID_BYTES 8

static struct {
	bool		 help;
	bool		 version;
	bool		 quiet;
	bool		 verbose;
	bool		 json;
	const char	*progress;
	const char	*name;		/* of the command */
	char		 run_id[2 * RUN_ID_BYTES + 1];
} want;

static const struct opt common[] = {
	{ 'q', "quiet", &want.quiet, NULL, NULL, NULL,
	    "say nothing but trouble" },
	{ 'v', "verbose", &want.verbose, NULL, NULL, NULL, "say more" },
	{ 0, "json", &want.json, NULL, NULL, NULL,
	    "answer in JSON, one object a line" },
	{ 0, "progress", NULL, &want.progress, NULL, "json|line|none",
	    "show progress on standard error this way" },
	{ 'h', "help", &want.help, NULL, NULL, NULL, "print this and end" },
	{ 0, "version", &want.version, NULL, NULL, NULL,
	    "print the version and end" },
	{ 0 },
};

static int
keep_open(int fd, int how, struct err *e)
{
	int got;

	if (fcntl(fd, F_GETFD) != -1)
		return 0;
	if ((got = open("/dev/null", how)) == -1)
		return err_sys(e, "cannot open /dev/null");
	if (got == fd)
		return 0;
	(void)close(got);	/* not the lowest free one: cannot happen */
	return err_set(e, ERR_SYSTEM, "cannot keep descriptor %d open", fd);
}

static int
make_run_id(struct err *e)
{
	uint8_t id[RUN_ID_BYTES];

	if (getrandom(id, sizeof(id), 0) != (ssize_t)sizeof(id))
		return err_sys(e, "cannot get random bytes");
	(void)num_hex(id, sizeof(id), want.run_id);
	return 0;
}

static int
begin(struct err *e)
{
	const struct rlimit none = { 0, 0 };

	if (keep_open(STDIN_FILENO, O_WRONLY, e) == -1 ||
	    keep_open(STDOUT_FILENO, O_RDONLY, e) == -1 ||
	    keep_open(STDERR_FILENO, O_RDONLY, e) == -1)
		return -1;
	if (setrlimit(RLIMIT_CORE, &none) == -1 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1)
		return err_sys(e, "cannot switch core dumps off");
	(void)umask(077);
	intr_watch();
	return make_run_id(e);
}

static int
set_progress(struct err *e)
{
	const char *how = want.progress;

	if (how == NULL)
		progress_use(!want.quiet && isatty(STDERR_FILENO) ?
		    PROGRESS_LINE : PROGRESS_NONE);
	else if (strcmp(how, "json") == 0)
		progress_use(PROGRESS_JSON);
	else if (strcmp(how, "line") == 0)
		progress_use(PROGRESS_LINE);
	else if (strcmp(how, "none") == 0)
		progress_use(PROGRESS_NONE);
	else
		return err_set(e, ERR_INPUT, "option '--progress': expected "
		    "json, line or none, not '%s'", how);
	return 0;
}

/* An option that comes too late was not taken for one. */
static const char *
hint(const char *operand)
{
	return operand[0] == '-' ? " (options come before operands)" : "";
}

static int
check_operands(const struct cmd *c, char *operands[], size_t n, struct err *e)
{
	if (c->max == 0 && n > 0)
		return err_set(e, ERR_INPUT, "unexpected operand '%s'%s",
		    operands[0], hint(operands[0]));
	if (n < (size_t)c->min)
		return err_set(e, ERR_INPUT, "an operand is missing: "
		    "expected %s", c->operands);
	if (c->max != -1 && n > (size_t)c->max)
		return err_set(e, ERR_INPUT, "one operand too many, '%s': "
		    "expected %s%s", operands[c->max], c->operands,
		    hint(operands[c->max]));
	return 0;
}

static void
print_help(const struct cmd *c, const struct options *o)
{
	bool page = strncmp(c->name, "muster-", 7) == 0;

	(void)printf("usage: %s [option ...]%s%s\n%s: %s\n\noptions:\n",
	    c->name, *c->operands != '\0' ? " " : "", c->operands, c->name,
	    c->purpose);
	options_print(o);
	(void)printf("\nexit status: 0 done, yes; 1 a definite no; 2 could not "
	    "do it or could not\ntell; 3 failed after something was changed; "
	    "4 done, but part of the source\nwas not read; 64 asked for "
	    "wrongly; 75 locked by another run; 130, 143\ninterrupted.  "
	    "See %s%smuster(1).\n", page ? c->name : "",
	    page ? "(1) and " : "");
}

static int
start(const struct cmd *c, struct options *o, int argc, char *argv[],
    struct err *e)
{
	char **operands;
	size_t n;

	if (options_parse(o, argc, argv, e) == -1)
		return e->kind == ERR_INPUT ? CMD_USAGE : CMD_TROUBLE;
	if (want.help) {
		print_help(c, o);
		return CMD_YES;
	}
	if (want.version) {
		(void)printf("%s %s\n", c->name, MUSTER_VERSION);
		return CMD_YES;
	}
	operands = options_operands(o, &n);
	if (set_progress(e) == -1 || check_operands(c, operands, n, e) == -1)
		return CMD_USAGE;
	return c->run(operands, e);
}

/* A terminal must not obey what somebody wrote into the name of a file. */
static void
print_error(const char *name, const char *text)
{
	const unsigned char *p;

	(void)fprintf(stderr, "%s: ", name);
	for (p = (const unsigned char *)text; *p != '\0'; p++)
		if (*p < 0x20 || *p == 0x7f)
			(void)fprintf(stderr, "\\x%02x", *p);
		else
			(void)putc(*p, stderr);
	(void)putc('\n', stderr);
}

/* A close of a copy shows what a network file system held back until then. */
static int
check_output(struct err *e)
{
	bool failed = ferror(stdout) != 0;
	int copy;

	if (fflush(stdout) == EOF)
		return err_sys(e, "cannot write standard output");
	if (failed)
		return err_set(e, ERR_SYSTEM, "cannot write standard output");
	if ((copy = dup(STDOUT_FILENO)) == -1 || close(copy) == -1)
		return err_sys(e, "cannot close standard output");
	return 0;
}

static int
settle(int status, const struct err *e)
{
	int sig;

	switch (status) {
	case CMD_YES:
	case CMD_NO:
	case CMD_CHANGED:
	case CMD_PARTIAL:
	case CMD_USAGE:
	case CMD_LOCKED:
		return status;
	case CMD_TROUBLE:
		break;
	default:
		return CMD_TROUBLE;
	}
	if (e->kind == ERR_LOCKED)
		return CMD_LOCKED;
	if (e->kind != ERR_INTERRUPTED)
		return CMD_TROUBLE;
	sig = intr_pending();
	return 128 + (sig > 0 ? sig : SIGINT);
}

int
cmd_main(const struct cmd *c, int argc, char *argv[])
{
	struct options *o = NULL;
	struct err e, out;
	int status = CMD_TROUBLE;

	want.name = c->name;
	err_clear(&e);
	err_clear(&out);
	if (begin(&e) == -1)
		goto done;
	if ((o = options_new(c->options, common, &e)) == NULL)
		goto done;
	status = settle(start(c, o, argc, argv, &e), &e);
done:
	progress_end();
	if (check_output(&out) == -1)
		status = out.sys == EINTR && intr_pending() != 0 ?
		    128 + intr_pending() : CMD_TROUBLE;
	if (e.text[0] != '\0')
		print_error(c->name, e.text);
	if (out.text[0] != '\0' && strstr(e.text, "standard output") == NULL)
		print_error(c->name, out.text);
	if (status == CMD_USAGE)
		(void)fprintf(stderr, "try '%s --help'\n", c->name);
	if (c->ended != NULL)
		c->ended(status);
	options_free(o);
	return status;
}

void
cmd_warn(const struct err *e)
{
	char text[ERR_TEXT_MAX + 16];

	(void)snprintf(text, sizeof(text), "warning: %s", e->text);
	print_error(want.name, text);
}

bool
cmd_quiet(void)
{
	return want.quiet;
}

bool
cmd_verbose(void)
{
	return want.verbose;
}

bool
cmd_json(void)
{
	return want.json;
}

const char *
cmd_run_id(void)
{
	return want.run_id;
}

int
cmd_answer(const char *event, json_t *body, struct err *e)
{
	json_t *o = NULL;
	int rc = -1;

	if (body == NULL) {
		(void)err_set(e, ERR_MEMORY, "cannot build the answer %s: "
		    "out of memory, or text that is not UTF-8", event);
		goto done;
	}
	o = json_pack("{so, ss, ss}",
	    "schema", json_sprintf("muster.%s/1", event),
	    "run_id", want.run_id, "event", event);
	if (o == NULL || json_object_update_missing(o, body) == -1) {
		(void)err_memory(e);
		goto done;
	}
	if (json_dumpf(o, stdout, JSON_COMPACT) == -1 ||
	    putchar('\n') == EOF || fflush(stdout) == EOF) {
		(void)err_sys(e, "cannot write standard output");
		goto done;
	}
	rc = 0;
done:
	json_decref(o);
	json_decref(body);
	return rc;
}
