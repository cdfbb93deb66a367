/*
 * Versions of servers and their tools, as texts: see server_place.h.
 */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/child.h"
#include "base/err.h"
#include "db/server_place.h"

#define ANSWER_SECONDS 30
#define ANSWER_MAX 8192

bool
server_same_series(const char *a, const char *b)
{
	size_t n = strspn(a, "0123456789");

	if (n == 0 || a[n] != '.')
		return false;
	n += 1 + strspn(a + n + 1, "0123456789");
	return strncmp(a, b, n) == 0 && (b[n] < '0' || b[n] > '9') &&
	    (strstr(a, "MariaDB") != NULL) == (strstr(b, "MariaDB") != NULL);
}

int
server_program_version(const char *program, char *version, size_t size,
    struct err *e)
{
	const char *const argv[] = { program, "--no-defaults", "--version",
	    NULL };
	const struct child_spec spec = { .argv = argv, .in = -1, .out = -1,
	    .err = -1 };
	const char *text, *p = NULL;
	struct buf out;
	int status, rc = -1;

	buf_init(&out, ANSWER_MAX);
	if (child_run(&spec, ANSWER_SECONDS, &out, &status, e) == -1 ||
	    (text = buf_text(&out, e)) == NULL)
		goto done;
	if ((p = strstr(text, "MariaDB server ")) != NULL)
		p += strlen("MariaDB server ");
	else if ((p = strstr(text, "Ver ")) != NULL)
		p += strlen("Ver ") + strspn(p + strlen("Ver "), " ");
	if (status != 0 || p == NULL || *p < '0' || *p > '9') {
		(void)err_set(e, ERR_UNSUPPORTED, "%s does not say its "
		    "version: status %d: %.200s", program, status, text);
		goto done;
	}
	(void)snprintf(version, size, "%.*s", (int)strcspn(p, " \n"), p);
	rc = 0;
done:
	buf_drop(&out);
	return rc;
}
