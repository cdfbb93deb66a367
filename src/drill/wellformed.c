/*
 * Well-formedness of restored configuration: see wellformed.h.
 */
#include <sys/types.h>

#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "drill/mask.h"
#include "drill/wellformed.h"
#include "policy/yaml_check.h"

#define FILE_MAX ((size_t)16 << 20)
#define KEY_MAX 256
#define PATH_SIZE 8192
#define DEPTH_MAX 100

/* A run of bytes of a line. */
struct span {
	const char	*p;
	size_t		 n;
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct span
trim(const char *p, size_t n)
{
	while (n > 0 && is_blank(p[n - 1]))
		n--;
	for (; n > 0 && is_blank(p[0]); n--)
		p++;
	return (struct span){ p, n };
}

/* The value of a key may be a secret; quotes are not part of it. */
static int
learn(struct mask *m, struct span key, struct span value, struct err *e)
{
	char name[KEY_MAX];

	if (m == NULL || key.n >= sizeof(name))
		return 0;
	memcpy(name, key.p, key.n);
	name[key.n] = '\0';
	if (value.n >= 2 && (value.p[0] == '"' || value.p[0] == '\'') &&
	    value.p[value.n - 1] == value.p[0])
		value = (struct span){ value.p + 1, value.n - 2 };
	return mask_learn(m, name, value.p, value.n, e);
}

/* One line without its end; one that begins with a blank continues another. */
static int
ini_line(const char *p, size_t n, struct mask *m, struct err *e)
{
	struct span line = trim(p, n), key;
	size_t len;

	if (line.n == 0 || is_blank(p[0]) || strchr("#;!", line.p[0]) != NULL)
		return 0;
	if (line.p[0] == '[')
		return line.p[line.n - 1] == ']' && line.n > 2 ? 0 :
		    err_set(e, ERR_INPUT, "a section without its end");
	for (len = 0; len < line.n && line.p[len] != '=' &&
	    line.p[len] != ':'; len++)
		;
	key = trim(line.p, len);
	if (key.n == 0)
		return err_set(e, ERR_INPUT, "a value without a key");
	if (len == line.n)
		return 0;
	return learn(m, key, trim(line.p + len + 1, line.n - len - 1), e);
}

int
wellformed_ini(const char *text, size_t n, struct mask *m, struct err *e)
{
	const char *end = text + n, *p = text, *eol;
	size_t line = 0;

	if (memchr(text, '\0', n) != NULL)
		return err_set(e, ERR_INPUT, "not text");
	for (; p < end; p = eol + 1) {
		line++;
		if ((eol = memchr(p, '\n', (size_t)(end - p))) == NULL)
			eol = end;
		if (ini_line(p, (size_t)(eol - p), m, e) == -1)
			return err_add(e, "line %zu", line);
	}
	return 0;
}

static int
check_json(const char *text, size_t n, struct mask *m, struct err *e)
{
	json_error_t why;
	json_t *o;
	int rc = 0;

	if ((o = json_loadb(text, n, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES,
	    &why)) == NULL)
		return err_set(e, ERR_INPUT, "line %d: %s", why.line,
		    json_error_code(&why) == json_error_duplicate_key ?
		    "a key that is there twice" : "not JSON");
	if (m != NULL)
		rc = mask_learn_json(m, o, e);
	json_decref(o);
	return rc;
}

static int
check_yaml(const char *text, size_t n, struct mask *m, struct err *e)
{
	(void)m;
	return yaml_check(text, n, e);
}

typedef int (*checker)(const char *, size_t, struct mask *, struct err *);

static checker
find_checker(const char *name)
{
	static const struct {
		const char	*suffix;
		checker		 check;
	} all[] = {
		{ ".json", check_json }, { ".yaml", check_yaml },
		{ ".yml", check_yaml }, { ".ini", wellformed_ini },
		{ ".cnf", wellformed_ini },
	};
	const char *dot = strrchr(name, '.');
	size_t i;

	for (i = 0; dot != NULL && i < sizeof(all) / sizeof(all[0]); i++)
		if (strcasecmp(dot, all[i].suffix) == 0)
			return all[i].check;
	return NULL;
}

struct walk {
	size_t			 root;	/* length of the folder's path */
	struct mask		*mask;
	struct wellformed	*w;
};

/* -1 only for what ends the walk. */
static int
look(const struct walk *k, const char *path, struct err *e)
{
	checker check;
	struct buf b;
	struct err why;
	int rc;

	k->w->files++;
	if ((check = find_checker(strrchr(path, '/'))) == NULL)
		return 0;
	k->w->judged++;
	err_clear(&why);
	buf_init(&b, FILE_MAX);
	if ((rc = file_load(path, &b, &why)) == 0)
		rc = check(b.len > 0 ? (const char *)b.data : "", b.len,
		    k->mask, &why);
	if (b.data != NULL)
		explicit_bzero(b.data, b.size);
	buf_drop(&b);
	if (rc == -1 && k->w->bad++ == 0)
		(void)snprintf(k->w->first, sizeof(k->w->first),
		    "%.300s: %.180s", path + k->root, why.text);
	if (rc == -1 && why.kind == ERR_MEMORY) {
		*e = why;
		return -1;
	}
	return 0;
}

static int	walk(const struct walk *, const char *, int depth,
		    struct err *);

static int
enter(const struct walk *k, const char *folder, const char *name, int depth,
    struct err *e)
{
	char path[PATH_SIZE];
	struct stat st;

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return 0;
	if (snprintf(path, sizeof(path), "%s/%s", folder, name) >=
	    (int)sizeof(path))
		return err_set(e, ERR_SYSTEM, "a path is too long below %s",
		    folder);
	if (lstat(path, &st) == -1)
		return err_sys(e, "cannot look at %s", path);
	if (S_ISDIR(st.st_mode))
		return walk(k, path, depth + 1, e);
	return S_ISREG(st.st_mode) ? look(k, path, e) : 0;
}

static int
walk(const struct walk *k, const char *folder, int depth, struct err *e)
{
	struct dirent *d;
	DIR *dir;
	int rc = 0;

	if (depth > DEPTH_MAX)
		return err_set(e, ERR_SYSTEM, "folders deeper than %d below "
		    "%s", DEPTH_MAX, folder);
	if ((dir = opendir(folder)) == NULL)
		return err_sys(e, "cannot look into %s", folder);
	while (rc == 0 && (errno = 0, d = readdir(dir)) != NULL)
		rc = enter(k, folder, d->d_name, depth, e);
	if (rc == 0 && errno != 0)
		rc = err_sys(e, "cannot look into %s", folder);
	(void)closedir(dir);		/* it was only read */
	return rc;
}

int
wellformed_folder(const char *folder, struct mask *m, struct wellformed *w,
    struct err *e)
{
	const struct walk k = { strlen(folder), m, w };

	memset(w, 0, sizeof(*w));
	return walk(&k, folder, 0, e);
}
