/*
 * Options: one table drives parsing, --help, and the test that the manual
 * page lists every option.  popt does the splitting; what it would tolerate
 * and we do not (an option given twice) is refused here.
 *
 * popt replaces "!#:+" inside an option's argument by the next operand.  An
 * argument that holds it is refused, because it could not be passed as given.
 */
#include <popt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "cli/cmd.h"
#include "cli/options.h"

#define OPTIONS_MAX 64		/* options of one command */
#define LIST_MAX 1024		/* arguments of one list */
#define HELP_COLUMN 26
#define HELP_END 80

struct choice {
	const struct opt *opt;
	char		  letter;
	bool		  given;
	char		 *text;		/* the argument, ours to free */
	char		**list;		/* the arguments, likewise */
	size_t		  n;
};

struct options {
	struct choice	  choice[OPTIONS_MAX];
	struct poptOption table[OPTIONS_MAX + 1];
	size_t		  n;
	poptContext	  con;
	char		**operands;	/* points into con */
	size_t		  noperands;
};

static const struct choice *
by_word(const struct options *o, const char *word)
{
	size_t i;

	for (i = 0; i < o->n; i++)
		if (strcmp(o->choice[i].opt->word, word) == 0)
			return &o->choice[i];
	return NULL;
}

static bool
letter_taken(const struct options *o, char letter)
{
	size_t i;

	for (i = 0; i < o->n; i++)
		if (o->choice[i].letter == letter)
			return true;
	return false;
}

static int
add_table(struct options *o, const struct opt *opt, struct err *e)
{
	struct choice *c;

	for (; opt != NULL && opt->word != NULL; opt++) {
		if (by_word(o, opt->word) != NULL)
			continue;
		if (o->n == OPTIONS_MAX)
			return err_set(e, ERR_MEMORY, "more than %d options",
			    OPTIONS_MAX);
		c = &o->choice[o->n];
		c->opt = opt;
		c->letter = letter_taken(o, opt->letter) ? '\0' : opt->letter;
		o->table[o->n].longName = opt->word;
		o->table[o->n].shortName = c->letter;
		o->table[o->n].argInfo = opt->flag != NULL ?
		    POPT_ARG_NONE : POPT_ARG_STRING;
		o->n++;
		o->table[o->n - 1].val = (int)o->n;
	}
	return 0;
}

struct options *
options_new(const struct opt *own, const struct opt *common, struct err *e)
{
	struct options *o;

	if ((o = calloc(1, sizeof(*o))) == NULL) {
		(void)err_memory(e);
		return NULL;
	}
	if (add_table(o, own, e) == -1 || add_table(o, common, e) == -1) {
		options_free(o);
		return NULL;
	}
	return o;
}

/* The targets point at our memory: they must not outlive it. */
static void
choice_drop(struct choice *c)
{
	size_t i;

	if (c->text != NULL)
		*c->opt->text = NULL;
	if (c->list != NULL)
		*c->opt->list = NULL;
	for (i = 0; i < c->n; i++)
		free(c->list[i]);
	free(c->list);
	free(c->text);
}

void
options_free(struct options *o)
{
	size_t i;

	if (o == NULL)
		return;
	for (i = 0; i < o->n; i++)
		choice_drop(&o->choice[i]);
	if (o->con != NULL)
		(void)poptFreeContext(o->con);
	free(o);
}

/* Takes text over, also when it fails. */
static int
list_add(struct choice *c, char *text, struct err *e)
{
	char **list;

	if (c->n == LIST_MAX) {
		free(text);
		return err_set(e, ERR_INPUT, "option '--%s' is given more than "
		    "%d times", c->opt->word, LIST_MAX);
	}
	list = realloc(c->list, (c->n + 2) * sizeof(*list));
	if (list == NULL) {
		free(text);
		return err_memory(e);
	}
	c->list = list;
	c->list[c->n++] = text;
	c->list[c->n] = NULL;
	*c->opt->list = (const char **)c->list;
	return 0;
}

static int
choose(struct options *o, struct choice *c, struct err *e)
{
	char *text;

	if (c->given && c->opt->list == NULL)
		return err_set(e, ERR_INPUT, "option '--%s' is given twice",
		    c->opt->word);
	c->given = true;
	if (c->opt->flag != NULL) {
		*c->opt->flag = true;
		return 0;
	}
	if ((text = poptGetOptArg(o->con)) == NULL)
		return err_memory(e);
	if (c->opt->list != NULL)
		return list_add(c, text, e);
	c->text = text;
	*c->opt->text = text;
	return 0;
}

static int
refuse(struct options *o, int why, struct err *e)
{
	const char *said = poptBadOption(o->con, POPT_BADOPTION_NOALIAS);
	int len = said == NULL ? 0 : (int)strcspn(said, "=");

	if (said == NULL)
		said = "";
	switch (why) {
	case POPT_ERROR_BADOPT:
		return err_set(e, ERR_INPUT, "unknown option '%.*s'", len,
		    said);
	case POPT_ERROR_NOARG:
		return err_set(e, ERR_INPUT, "option '%.*s' needs an argument",
		    len, said);
	case POPT_ERROR_UNWANTEDARG:
		return err_set(e, ERR_INPUT, "option '%.*s' takes no argument",
		    len, said);
	case POPT_ERROR_MALLOC:
		return err_memory(e);
	default:
		return err_set(e, ERR_INPUT, "option '%.*s': %s", len, said,
		    poptStrerror(why));
	}
}

/*
 * Only options are looked at: what comes behind `--` is never rewritten.  Where
 * that may be the argument of an option before it, it ends nothing.
 */
static int
refuse_expansion(int argc, char *argv[], struct err *e)
{
	int i;

	for (i = 1; i < argc && (strcmp(argv[i], "--") != 0 ||
	    (i > 1 && argv[i - 1][0] == '-')); i++)
		if (strstr(argv[i], "!#:+") != NULL)
			return err_set(e, ERR_INPUT,
			    "'!#:+' can only be passed in an operand "
			    "after '--'");
	return 0;
}

int
options_parse(struct options *o, int argc, char *argv[], struct err *e)
{
	int what;

	if (refuse_expansion(argc, argv, e) == -1)
		return -1;
	o->con = poptGetContext(NULL, argc, (const char **)argv, o->table,
	    POPT_CONTEXT_POSIXMEHARDER | POPT_CONTEXT_NO_EXEC);
	if (o->con == NULL)
		return err_memory(e);
	while ((what = poptGetNextOpt(o->con)) > 0)
		if (choose(o, &o->choice[what - 1], e) == -1)
			return -1;
	if (what < -1)
		return refuse(o, what, e);
	o->operands = (char **)poptGetArgs(o->con);
	while (o->operands != NULL && o->operands[o->noperands] != NULL)
		o->noperands++;
	return 0;
}

char **
options_operands(const struct options *o, size_t *n)
{
	static char *none[] = { NULL };

	*n = o->noperands;
	return o->operands != NULL ? o->operands : none;
}

/* The words of a help text from HELP_COLUMN on, n columns being used. */
static void
print_help(const char *text, int n)
{
	int column = HELP_COLUMN, len;

	(void)printf("%*s", HELP_COLUMN - n, "");
	while (*text != '\0') {
		len = (int)strcspn(text, " ");
		if (column > HELP_COLUMN && column + 1 + len > HELP_END) {
			(void)printf("\n%*s", HELP_COLUMN, "");
			column = HELP_COLUMN;
		} else if (column > HELP_COLUMN) {
			(void)putchar(' ');
			column++;
		}
		(void)printf("%.*s", len, text);
		column += len;
		text += (size_t)len + strspn(text + len, " ");
	}
	(void)putchar('\n');
}

void
options_print(const struct options *o)
{
	const struct choice *c;
	size_t i;
	int n;

	for (i = 0; i < o->n; i++) {
		c = &o->choice[i];
		if (c->letter != '\0')
			n = printf("  -%c, --%s", c->letter, c->opt->word);
		else
			n = printf("      --%s", c->opt->word);
		if (c->opt->arg != NULL)
			n += printf("=%s", c->opt->arg);
		if (n < 0)
			return;		/* standard output is checked later */
		if (n > HELP_COLUMN - 2) {
			(void)putchar('\n');
			n = 0;
		}
		print_help(c->opt->help, n);
	}
}
