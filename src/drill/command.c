/*
 * Commands of the user's beside a restored site: see command.h.
 */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/child.h"
#include "base/err.h"
#include "drill/command.h"
#include "drill/mask.h"

#define CAPTURE_MAX ((size_t)4 << 20)
#define VARIABLE_MAX 4352
#define VARIABLES 10
#define TIME_OUT 124

void
command_cut(const char *p, size_t len, char *out, size_t size)
{
	static const char note[] = "\n[... cut here ...]\n";
	size_t head, tail;

	if (len < size) {
		memcpy(out, p, len);
		out[len] = '\0';
		return;
	}
	head = (size - sizeof(note)) / 4;
	tail = size - sizeof(note) - head;
	memcpy(out, p, head);
	memcpy(out + head, note, sizeof(note) - 1);
	memcpy(out + head + sizeof(note) - 1, p + len - tail, tail);
	out[size - 1] = '\0';
}

/* NULs would hide what follows them. */
static void
drop_nuls(struct buf *b)
{
	size_t i;

	for (i = 0; i < b->len; i++)
		if (b->data[i] == '\0')
			b->data[i] = '?';
}

/* The last line that is not empty. */
static const char *
last_line(const char *text, int *len)
{
	const char *end = text + strlen(text), *p;

	while (end > text && (end[-1] == '\n' || end[-1] == ' '))
		end--;
	for (p = end; p > text && p[-1] != '\n'; p--)
		;
	*len = end - p > 300 ? 300 : (int)(end - p);
	return p;
}

static void
say(const struct command *c, struct command_seen *s)
{
	const char *line;
	int n;

	line = last_line(s->output, &n);
	if (s->status == TIME_OUT)
		(void)snprintf(s->text, sizeof(s->text), "killed after %llus",
		    (unsigned long long)c->timeout);
	else
		(void)snprintf(s->text, sizeof(s->text), "exit %d%s%.*s",
		    s->status, n > 0 ? ": " : "", n, line);
}

static const char *
or_empty(const char *s)
{
	return s != NULL ? s : "";
}

int
command_run(const struct command *c, struct command_seen *s, struct err *e)
{
	const struct assert_place *p = c->place;
	const struct { const char *name, *value; } all[VARIABLES] = {
		{ "MUSTER_SITE", c->site },
		{ "MUSTER_SOCKET", or_empty(p->login.socket) },
		{ "MUSTER_USER", or_empty(p->login.user) },
		{ "MUSTER_DATABASE", or_empty(p->database) },
		{ "MUSTER_FILES", p->files }, { "MUSTER_CONFIG", p->config },
		{ "MUSTER_SCRATCH_FOLDER", c->dir },
		{ "MUSTER_SCRATCH", c->dir },	/* it dies with the folder */
		{ "MYSQL_UNIX_PORT", or_empty(p->login.socket) },
		{ "FRAPPE_DB_SOCKET", or_empty(p->login.socket) },
	};
	char text[VARIABLES][VARIABLE_MAX];
	const char *env[VARIABLES + 1] = { NULL };
	const char *const argv[] = { "sh", "-c", c->run, NULL };
	const struct child_spec spec = { .argv = argv, .env = env,
	    .dir = c->dir, .in = -1, .out = -1, .err = -1 };
	struct buf out;
	size_t i;
	int rc;

	for (i = 0; i < VARIABLES; i++) {
		if (snprintf(text[i], VARIABLE_MAX, "%s=%s", all[i].name,
		    all[i].value) >= VARIABLE_MAX)
			return err_set(e, ERR_INPUT, "%s is too long",
			    all[i].name);
		env[i] = text[i];
	}
	s->status = -1;
	buf_init(&out, CAPTURE_MAX);
	if ((rc = child_run(&spec, c->timeout, &out, &s->status, e)) == 0) {
		drop_nuls(&out);
		mask_apply(c->mask, (char *)out.data, out.len);
		command_cut(out.len > 0 ? (char *)out.data : "", out.len,
		    s->output, sizeof(s->output));
		say(c, s);
	}
	buf_drop(&out);
	return rc;
}
