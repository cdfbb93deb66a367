#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stddef.h>

struct err;
struct opt;
struct options;

/*
 * The options of one command: its own table first, then those that every
 * command knows.  A word of the own table hides the common one, and a letter
 * of it takes the letter away.  Both tables must outlive the result.
 */
struct options	*options_new(const struct opt *own, const struct opt *common,
		    struct err *);

/* Release it, and with it every argument that a target points at. */
void		 options_free(struct options *);

/*
 * Parse a command line into the targets of the tables, once: options come
 * before operands, `--` ends them, `--word=value` and `-lvalue` carry their
 * argument, words cannot be shortened, and only a list may be given twice.
 * ERR_INPUT and what is wrong, for a person; targets are then half set.
 */
int		 options_parse(struct options *, int argc, char *argv[],
		    struct err *);

/* What was left over, ending with NULL; borrowed.  *n says how many. */
char		**options_operands(const struct options *, size_t *n);

/* Print the table of options on standard output, for --help. */
void		 options_print(const struct options *);

#endif
