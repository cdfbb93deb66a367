/*
 * Servers of tests/lib: see helper.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/child.h"
#include "base/err.h"
#include "base/fd.h"
#include "helper.h"

#define PATIENCE 30000

/* Its port, or 0 when it says nothing in time. */
static uint16_t
read_port(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char line[16] = "";
	size_t n = 0;

	while (n < sizeof(line) - 1 && (n == 0 || line[n - 1] != '\n'))
		if (poll(&p, 1, PATIENCE) != 1 || read(fd, line + n, 1) != 1)
			return 0;
		else
			n++;
	return (uint16_t)strtoul(line, NULL, 10);
}

void
helper_start(struct helper *h, const char *script, const char *a,
    const char *b, const char *c)
{
	const char *argv[] = { "/usr/bin/python3", script, a, b, c, NULL };
	struct child_spec spec = { .argv = argv, .err = -1 };
	int in[2], out[2];
	struct err e;

	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	spec.in = in[0];
	spec.out = out[1];
	if ((h->child = child_start(&spec, &e)) == NULL)
		fail_msg("%s", e.text);
	fd_drop(&in[0]);
	fd_drop(&out[1]);
	h->in = in[1];
	h->port = read_port(out[0]);
	fd_drop(&out[0]);
	if (h->port == 0) {
		helper_stop(h);
		fail_msg("%s did not start", script);
	}
}

void
helper_stop(struct helper *h)
{
	fd_drop(&h->in);
	child_kill(h->child);
	h->child = NULL;
}
