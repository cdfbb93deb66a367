/*
 * Any arguments (separated by NUL) are options and operands, or are refused;
 * everything is released.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "cli/cmd.h"
#include "cli/options.h"

#define ARGS_MAX 64

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static struct {
	bool		 dry, help;
	const char	*policy, *store;
	const char	**recipients;
} want;

static const struct opt own[] = {
	{ 'n', "dry-run", &want.dry, NULL, NULL, NULL, "make nothing" },
	{ 'p', "policy", NULL, &want.policy, NULL, "file", "policy" },
	{ 0, "store", NULL, &want.store, NULL, "url", "store" },
	{ 'r', "recipient", NULL, NULL, &want.recipients, "line", "key" },
	{ 0 },
};

static const struct opt common[] = {
	{ 'h', "help", &want.help, NULL, NULL, NULL, "print this" },
	{ 0 },
};

/* Cut the text at its NULs; how many arguments there are. */
static int
split(char *text, size_t size, char *argv[ARGS_MAX + 1])
{
	char *p = text, *end = text + size;
	int argc = 1;

	argv[0] = p;			/* any name will do */
	while (p < end && argc < ARGS_MAX) {
		argv[argc++] = p;
		p += strlen(p) + 1;
	}
	argv[argc] = NULL;
	return argc;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *argv[ARGS_MAX + 1], *text = malloc(size + 1), **operands;
	struct options *o;
	struct err e;
	size_t n, i;
	int argc;

	if (text == NULL)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	argc = split(text, size, argv);
	memset(&want, 0, sizeof(want));
	err_clear(&e);
	if ((o = options_new(own, common, &e)) == NULL)
		abort();
	if (options_parse(o, argc, argv, &e) == -1) {
		if (e.kind != ERR_INPUT || e.text[0] == '\0')
			abort();
	} else {
		operands = options_operands(o, &n);
		for (i = 0; i < n; i++)
			(void)strlen(operands[i]);
		if (n > (size_t)argc || operands[n] != NULL)
			abort();
	}
	options_free(o);
	free(text);
	return 0;
}
