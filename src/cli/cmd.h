#ifndef CLI_CMD_H
#define CLI_CMD_H

#include <stdbool.h>
#include <stdint.h>

struct err;
struct json_t;

/* Exit statuses, promised in muster(1). */
enum cmd_status {
	CMD_YES = 0,		/* done, yes */
	CMD_NO = 1,		/* a definite no */
	CMD_TROUBLE = 2,	/* could not do it or could not tell */
	CMD_CHANGED = 3,	/* failed after something was changed */
	CMD_PARTIAL = 4,	/* done, but part of the source was not read */
	CMD_USAGE = 64,		/* asked for wrongly */
	CMD_LOCKED = 75		/* another run holds the lock */
				/* 130, 143: interrupted, by err kind */
};

/*
 * One option.  Exactly one of the targets is set: flag becomes true, text
 * points at the argument, list collects repeated arguments (a NULL-terminated
 * array grown by cmd; every other option refuses to be given twice).
 */
struct opt {
	char		  letter;	/* 0: long form only */
	const char	 *word;
	bool		 *flag;
	const char	**text;
	const char	***list;
	const char	 *arg;		/* name of the argument in --help */
	const char	 *help;
};

struct cmd {
	const char		*name;		/* muster-verify */
	const char		*operands;	/* "snapshot [path ...]" */
	int			 min, max;	/* of them; max -1: any */
	const char		*purpose;	/* one line for --help */
	const struct opt	*options;	/* ends with a word of NULL */
	int			(*run)(char *operands[], struct err *);
	void			(*ended)(int status);	/* or NULL */
};

/*
 * The whole life of a command: core dumps off, umask 077, signals watched,
 * options parsed (-h/--help, --version, -q/--quiet, -v/--verbose, --json and
 * --progress=json|line|none are known to every command), run called, standard
 * output flushed and checked, the error printed as "name: line", and the exit
 * status returned: what run returned, except
 *
 *	run returned CMD_TROUBLE and the error's kind is ERR_LOCKED: 75
 *	the same and ERR_INTERRUPTED: 128 + the signal
 *	run returned what enum cmd_status does not know: 2
 *	standard output could not be written: 2
 *
 * Then ended, last of all, with the exit status that it will be.
 *
 * run's error is printed whenever its text is not empty, as one line, bytes
 * that could steer a terminal made visible.  Operands end with NULL; they and
 * the arguments of options live until cmd_main returns.
 */
int	cmd_main(const struct cmd *, int argc, char *argv[]);

/*
 * Print what went wrong beside the run and does not change how it ends:
 * "name: warning: line", on standard error.
 */
void	cmd_warn(const struct err *);

/* What every command may ask after parsing. */
bool	cmd_quiet(void);
bool	cmd_verbose(void);
bool	cmd_json(void);

/* This run's id: 16 hexadecimal digits, the same in every line of JSON. */
const char	*cmd_run_id(void);

/*
 * Print one JSON object on a line, completed by schema ("muster.<event>/1"),
 * run_id and event.  Steals the reference.  -1 for NULL (a json_* call that
 * ran out of memory or met text that is not UTF-8) or a failed print.
 */
int	cmd_answer(const char *event, struct json_t *, struct err *);

#endif
