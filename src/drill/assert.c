/*
 * Assertions on a restored site.  The promise: whatever cannot be evaluated
 * is a failed check with the reason as what was seen, never a skipped one.
 *
 * Restored files are looked up as if their folder were "/": a symlink in the
 * copy leads to what the copy has there, never to the host's own files, which
 * would make up for what the backup lacks.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/beneath.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/fd.h"
#include "drill/assert.h"
#include "policy/policy.h"

#define PATH_SIZE 8192
#define CONFIG_FILE_MAX (4u << 20)

/* A decimal number: sign, whole digits, fraction digits. */
struct decimal {
	bool		 negative;
	const char	*whole, *frac;
	size_t		 n_whole, n_frac;
};

static bool
decimal_parse(const char *s, struct decimal *d)
{
	memset(d, 0, sizeof(*d));
	d->negative = *s == '-';
	if (*s == '-' || *s == '+')
		s++;
	while (*s == '0' && isdigit((unsigned char)s[1]))
		s++;
	d->whole = s;
	d->n_whole = strspn(s, "0123456789");
	s += d->n_whole;
	if (*s == '.') {
		d->frac = ++s;
		d->n_frac = strspn(s, "0123456789");
		s += d->n_frac;
		while (d->n_frac > 0 && d->frac[d->n_frac - 1] == '0')
			d->n_frac--;
	}
	if (d->n_whole == 1 && d->whole[0] == '0' && d->n_frac == 0)
		d->negative = false;
	return *s == '\0' && d->n_whole > 0;
}

static int
magnitude_compare(const struct decimal *a, const struct decimal *b)
{
	size_t n = a->n_frac < b->n_frac ? a->n_frac : b->n_frac;
	int c;

	if (a->n_whole != b->n_whole)
		return a->n_whole < b->n_whole ? -1 : 1;
	if ((c = memcmp(a->whole, b->whole, a->n_whole)) != 0)
		return c;
	if (n > 0 && (c = memcmp(a->frac, b->frac, n)) != 0)
		return c;
	return (a->n_frac > b->n_frac) - (a->n_frac < b->n_frac);
}

static int
decimal_compare(const struct decimal *a, const struct decimal *b)
{
	if (a->negative != b->negative)
		return a->negative ? -1 : 1;
	return a->negative ? magnitude_compare(b, a) :
	    magnitude_compare(a, b);
}

/* Which outcomes of a comparison an operator accepts. */
static const struct {
	const char	*op;
	bool		 less, equal, more;
	bool		 order;		/* has a meaning for numbers only */
} operators[] = {
	{ "=", false, true, false, false }, { "!=", true, false, true, false },
	{ "<", true, false, false, true }, { "<=", true, true, false, true },
	{ ">", false, false, true, true }, { ">=", false, true, true, true },
};

bool
assert_value(const char *value, const char *expect)
{
	size_t n = strspn(expect, "=!<>"), i;
	const char *want = expect + n + strspn(expect + n, " ");
	struct decimal a, b;
	bool numbers = decimal_parse(value, &a) && decimal_parse(want, &b);
	int c = numbers ? decimal_compare(&a, &b) : strcmp(value, want);

	for (i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
		if (strlen(operators[i].op) != n ||
		    memcmp(operators[i].op, expect, n) != 0)
			continue;
		if (operators[i].order && !numbers)
			return false;
		return c < 0 ? operators[i].less :
		    c > 0 ? operators[i].more : operators[i].equal;
	}
	return false;
}

/* What a query's rows told. */
struct seen {
	const struct assert_place *place;
	int		 root;		/* its files, opened; or -1 */
	const char	*below;		/* policy's files-below, or NULL */
	uint64_t	 rows, there, outside;
	unsigned	 columns;
	char		 value[RECEIPT_TEXT_MAX];
	bool		 null;
	char		 missing[RECEIPT_TEXT_MAX];
};

static int
see_value(void *cookie, unsigned n, const char *const *columns,
    const unsigned long *lengths, struct err *e)
{
	struct seen *s = cookie;

	(void)e;
	if (s->rows++ > 0)
		return 0;
	s->columns = n;
	s->null = n == 0 || columns[0] == NULL;
	if (!s->null)
		(void)snprintf(s->value, sizeof(s->value), "%.*s",
		    lengths[0] < sizeof(s->value) ? (int)lengths[0] :
		    (int)sizeof(s->value) - 1, columns[0]);
	return 0;
}

/*
 * The files path whose tail is the head of the URL, the longest such tail:
 * "/private/files/x" belongs to ".../private/files" before ".../files".
 */
static const char *
find_below(const char *const *paths, const char *url, size_t *tail)
{
	const char *best = NULL, *p;
	size_t i, n, len;

	*tail = 0;
	for (i = 0; paths != NULL && paths[i] != NULL; i++) {
		len = strlen(paths[i]);
		for (p = paths[i]; (p = strchr(p, '/')) != NULL; p++) {
			n = len - (size_t)(p - paths[i]);
			if (n > *tail && strncmp(p, url, n) == 0 &&
			    url[n] == '/') {
				best = paths[i];
				*tail = n;
			}
		}
	}
	return best;
}

static bool
file_there(const struct seen *s, const char *url)
{
	char path[PATH_SIZE];
	struct stat st;
	const char *below = s->below;
	size_t tail = 0;
	bool there;
	int fd, n;

	if (strstr(url, "/../") != NULL)
		return false;
	if (below != NULL)
		n = snprintf(path, sizeof(path), "%s/%s", below,
		    url + strspn(url, "/"));
	else if ((below = find_below(s->place->files_paths, url, &tail)) !=
	    NULL)
		n = snprintf(path, sizeof(path), "%s%s", below, url + tail);
	else
		return false;
	if (n <= 0 || n >= PATH_SIZE)
		return false;
	fd = beneath_open_rooted(s->root, path, O_PATH);
	there = fd != -1 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
	fd_drop(&fd);
	return there;
}

static int
see_file(void *cookie, unsigned n, const char *const *columns,
    const unsigned long *lengths, struct err *e)
{
	struct seen *s = cookie;
	char url[PATH_SIZE];

	(void)e;
	s->rows++;
	if (n == 0 || columns[0] == NULL || lengths[0] >= sizeof(url))
		(void)snprintf(s->missing, sizeof(s->missing), "row %llu: "
		    "not a file's URL", (unsigned long long)s->rows);
	else {
		memcpy(url, columns[0], lengths[0]);
		url[lengths[0]] = '\0';
		if (strncmp(url, "http://", 7) == 0 ||
		    strncmp(url, "https://", 8) == 0)
			s->outside++;
		else if (file_there(s, url))
			s->there++;
		else if (s->missing[0] == '\0')
			(void)snprintf(s->missing, sizeof(s->missing),
			    "%.400s", url);
	}
	return 0;
}

static bool
judge(const struct policy_assertion *a, const struct seen *s,
    char seen[RECEIPT_TEXT_MAX])
{
	if (a->files_exist) {
		(void)snprintf(seen, RECEIPT_TEXT_MAX,
		    "%llu of %llu files%s%.300s",
		    (unsigned long long)s->there,
		    (unsigned long long)(s->rows - s->outside),
		    s->missing[0] != '\0' ? ", missing " : "", s->missing);
		return s->there == s->rows - s->outside;
	}
	if (a->expect == NULL || strcmp(a->expect, "empty") == 0 ||
	    strcmp(a->expect, "not empty") == 0) {
		(void)snprintf(seen, RECEIPT_TEXT_MAX, "%llu rows",
		    (unsigned long long)s->rows);
		return a->expect != NULL && strcmp(a->expect, "empty") == 0 ?
		    s->rows == 0 : s->rows > 0;
	}
	if (s->rows != 1 || s->columns != 1) {
		(void)snprintf(seen, RECEIPT_TEXT_MAX,
		    "%llu rows of %u columns instead of one value",
		    (unsigned long long)s->rows, s->columns);
		return false;
	}
	(void)snprintf(seen, RECEIPT_TEXT_MAX, "%s",
	    s->null ? "NULL" : s->value);
	return !s->null && assert_value(s->value, a->expect);
}

int
assert_sql(struct receipt *r, const struct policy_assertion *a,
    const struct assert_place *place, struct err *e)
{
	struct seen s = { .place = place, .below = a->files_below,
	    .root = -1 };
	int64_t begun = clock_monotonic();
	char required[RECEIPT_TEXT_MAX], seen[RECEIPT_TEXT_MAX];
	struct err why;
	bool passed = false;

	err_clear(&why);
	(void)snprintf(required, sizeof(required), "%s", a->files_exist ?
	    "every file named by a row" :
	    a->expect != NULL ? a->expect : "not empty");
	if (a->files_exist && (s.root = open(place->files, O_PATH |
	    O_DIRECTORY | O_CLOEXEC)) == -1)
		(void)snprintf(seen, sizeof(seen), "no files were restored");
	else if (db_query(&place->login, a->database != NULL ? a->database :
	    place->database, a->sql, a->files_exist ? see_file : see_value,
	    &s, &why) == -1)
		(void)snprintf(seen, sizeof(seen), "%.*s",
		    (int)sizeof(seen) - 1, why.text);
	else
		passed = judge(a, &s, seen);
	fd_drop(&s.root);
	const struct outcome made = { a->name, required, seen, passed,
	    (double)(clock_monotonic() - begun) / 1e9, NULL };

	return receipt_add(r, &made, e);
}

/* That file, opened; -1 with errno. */
static int
open_config(const struct assert_place *place, const char *name)
{
	const char *const *p = place->config_paths;
	char path[PATH_SIZE];
	const char *base;
	int root, fd = -1;

	if ((root = open(place->config, O_PATH | O_DIRECTORY |
	    O_CLOEXEC)) == -1)
		return -1;
	for (errno = ENOENT; p != NULL && *p != NULL && fd == -1 &&
	    errno == ENOENT; p++) {
		base = strrchr(*p, '/');
		base = base != NULL ? base + 1 : *p;
		if (snprintf(path, PATH_SIZE, "%s%s%s", *p,
		    strcmp(base, name) == 0 ? "" : "/",
		    strcmp(base, name) == 0 ? "" : name) < PATH_SIZE)
			fd = beneath_open_rooted(root, path, O_RDONLY |
			    O_NONBLOCK);
		if (fd == -1 && errno == ENOTDIR)
			errno = ENOENT;		/* a file of another name */
	}
	fd_drop(&root);
	return fd;
}

int
assert_config_load(const struct assert_place *place, const char *name,
    struct buf *b, struct err *e)
{
	size_t room = b->max - b->len, n;
	uint8_t *p;
	int fd, rc = -1;

	if ((fd = open_config(place, name)) == -1) {
		if (errno != ENOENT)
			return err_sys(e, "cannot open restored %s", name);
		return err_set(e, ERR_ABSENT,
		    "not among the restored configuration");
	}
	if ((p = buf_room(b, room, e)) == NULL ||
	    fd_read_some(fd, p, room, &n, e) == -1)
		goto done;
	if (n == room) {
		(void)err_set(e, ERR_INPUT, "larger than %zu bytes", n - 1);
		goto done;
	}
	b->len += n;
	rc = 0;
done:
	fd_drop(&fd);
	return rc;
}

static bool
has_value(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);

	return v != NULL && !json_is_null(v) &&
	    !(json_is_string(v) && json_string_length(v) == 0);
}

/* What is wrong with a file, or NULL; text of the answer goes to seen. */
static bool
config_right(const struct policy_require *q, const struct assert_place *place,
    char seen[RECEIPT_TEXT_MAX])
{
	struct buf b;
	struct err why;
	json_error_t je;
	json_t *o = NULL;
	bool right = false;
	size_t i;

	buf_init(&b, CONFIG_FILE_MAX);
	if (assert_config_load(place, q->file, &b, &why) == -1) {
		(void)snprintf(seen, RECEIPT_TEXT_MAX, "%.*s",
		    RECEIPT_TEXT_MAX - 1, why.text);
		goto done;
	}
	if ((o = json_loadb((const char *)b.data, b.len, 0, &je)) == NULL) {
		(void)snprintf(seen, RECEIPT_TEXT_MAX, "not JSON: line %d",
		    je.line);
		goto done;
	}
	for (i = 0; q->keys[i] != NULL; i++)
		if (!has_value(o, q->keys[i])) {
			(void)snprintf(seen, RECEIPT_TEXT_MAX,
			    "%.200s is missing or empty", q->keys[i]);
			goto done;
		}
	(void)snprintf(seen, RECEIPT_TEXT_MAX, "all %zu there", i);
	right = true;
done:
	json_decref(o);
	if (b.data != NULL)
		explicit_bzero(b.data, b.size);
	buf_drop(&b);
	return right;
}

int
assert_config(struct receipt *r, const struct policy *p,
    const struct assert_place *place, struct err *e)
{
	const struct policy_require *q;
	char name[RECEIPT_TEXT_MAX], required[RECEIPT_TEXT_MAX];
	char seen[RECEIPT_TEXT_MAX];
	int64_t begun;
	bool passed;
	size_t i, k, n;

	for (i = 0; i < p->config.n_require; i++) {
		q = &p->config.require[i];
		begun = clock_monotonic();
		(void)snprintf(name, sizeof(name), "config: %.400s", q->file);
		(void)snprintf(required, sizeof(required), "keys");
		for (k = 0; q->keys[k] != NULL; k++) {
			n = strlen(required);
			(void)snprintf(required + n, sizeof(required) - n,
			    "%s %.100s", k > 0 ? "," : "", q->keys[k]);
		}
		passed = config_right(q, place, seen);
		const struct outcome made = { name, required, seen, passed,
		    (double)(clock_monotonic() - begun) / 1e9, NULL };

		if (receipt_add(r, &made, e) == -1)
			return -1;
	}
	return 0;
}
