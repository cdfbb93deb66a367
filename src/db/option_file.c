/*
 * The option files that name a server and how to log in there.
 *
 * The connector reads them.  Here the one that a policy names is seen to be
 * private before, for it holds a password; and all are read, in the same
 * order, for what they ask of TLS and the connector would pass over in
 * silence: words that it does not know, and whole files.  It stops at a line
 * that it does not understand, and of the folders of !includedir its versions
 * up to 3.3 read my.cnf only.  Where that would make a connection weaker than
 * was asked for, it is refused.
 */
#include <sys/stat.h>

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "db/option_file.h"
#include "db/option_tls.h"

#define LINE_LENGTH_MAX 4000	/* the connector cuts what is longer */
#define DEPTH_MAX 10

/* A file that is being read. */
struct option_file {
	const char	*path;
	unsigned	 line, depth;
	bool		 ours;		/* it is in a group that is read */
	bool		 grouped;	/* a group began */
	bool		 optional;	/* of the standard ones */
	bool		 unsure;	/* it may not be read at all */
	bool		*tls;
};

static int	read_file(struct option_file *, struct err *);

static int refuse(const struct option_file *, struct err *, const char *, ...)
    __attribute__((format(printf, 3, 4)));

static int
refuse(const struct option_file *f, struct err *e, const char *fmt, ...)
{
	char text[700];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return err_set(e, ERR_INPUT, "option file %s: line %u: %s", f->path,
	    f->line, text);
}

static int
check_private(const char *path, struct err *e)
{
	struct stat st;

	if (stat(path, &st) == -1 && errno == ENOENT)
		return err_set(e, ERR_ABSENT, "%s: no such option file", path);
	if (stat(path, &st) == -1)
		return err_sys(e, "cannot read option file %s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_INPUT,
		    "option file %s is not a regular file", path);
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return err_set(e, ERR_DENIED,
		    "option file %s belongs to another user", path);
	if ((st.st_mode & 077) != 0)
		return err_set(e, ERR_DENIED, "option file %s can be read by "
		    "others: chmod 600 %s", path, path);
	if (access(path, R_OK) == -1)
		return err_sys(e, "cannot read option file %s", path);
	return 0;
}

/* A file that another one brings in; one that is not there asks for nothing. */
static int
include_file(const struct option_file *f, const char *path, bool unsure,
    struct err *e)
{
	struct option_file other = { .path = path, .depth = f->depth + 1,
	    .optional = f->optional, .unsure = f->unsure || unsure,
	    .tls = f->tls };

	if (other.depth > DEPTH_MAX)
		return refuse(f, e, "files that bring in each other, more "
		    "than %d deep", DEPTH_MAX);
	return read_file(&other, e);
}

static int
include_folder(const struct option_file *f, const char *path, struct err *e)
{
	char name[PATH_MAX];
	const char *end;
	struct dirent *d;
	DIR *dir;
	int rc = 0;

	if ((dir = opendir(path)) == NULL)
		return err_sys(e, "option file %s: line %u: cannot read "
		    "folder %s", f->path, f->line, path);
	while (rc == 0 && (errno = 0, d = readdir(dir)) != NULL) {
		end = strrchr(d->d_name, '.');
		if (end == NULL || strcmp(end, ".cnf") != 0)
			continue;
		if (snprintf(name, sizeof(name), "%s/%s", path, d->d_name) >=
		    (int)sizeof(name))
			rc = refuse(f, e, "a path that is too long");
		else
			rc = include_file(f, name,
			    strcmp(d->d_name, "my.cnf") != 0, e);
	}
	if (rc == 0 && errno != 0)
		rc = err_sys(e, "cannot read folder %s", path);
	(void)closedir(dir);		/* only read */
	return rc;
}

/* "!include FILE" or "!includedir FOLDER"; p is behind the mark. */
static int
bring_in(const struct option_file *f, char *p, struct err *e)
{
	static const char file[] = "include ", folder[] = "includedir ";
	bool is_folder = strncmp(p, folder, strlen(folder)) == 0;
	size_t n;

	if (!is_folder && strncmp(p, file, strlen(file)) != 0)
		return refuse(f, e, "expected !include FILE or !includedir "
		    "FOLDER, which is all that the connector understands");
	p += strlen(is_folder ? folder : file);
	for (n = strlen(p); n > 0 && isspace((unsigned char)p[n - 1]); n--)
		p[n - 1] = '\0';
	if (n == 0 || isspace((unsigned char)*p))
		return refuse(f, e, "expected a path behind one blank");
	return is_folder ? include_folder(f, p, e) :
	    include_file(f, p, false, e);
}

/* [group]; p is behind the bracket. */
static int
begin_group(struct option_file *f, const char *p, struct err *e)
{
	static const char *const groups[] = { "client", "client-server",
	    "client-mariadb", "muster" };
	const char *end = strchr(p, ']');
	size_t i, n;

	if (end == NULL)
		return refuse(f, e, "a group without its ], where the "
		    "connector stops reading");
	for (n = (size_t)(end - p); n > 0; n--)
		if (!isspace((unsigned char)p[n - 1]))
			break;
	f->grouped = true;
	f->ours = false;
	for (i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		if (strlen(groups[i]) == n && memcmp(groups[i], p, n) == 0)
			f->ours = true;
	return 0;
}

static int
take_option(const struct option_file *f, const char *p, struct err *e)
{
	char key[TLS_KEY_MAX];
	enum tls_line what = tls_line(p, key);

	if (f->unsure && what != TLS_LINE_NONE && what != TLS_LINE_OFF)
		return refuse(f, e, "%s: the connector may read no file of "
		    "an !includedir but my.cnf: bring this one in with "
		    "!include, or name it as components.db.defaults-file",
		    key);
	switch (what) {
	case TLS_LINE_NUMBER:
		return refuse(f, e, "%s: expected =1 or =0, which is all that "
		    "the connector understands", key);
	case TLS_LINE_UNKNOWN:
		return refuse(f, e, "%s: the connector does not understand "
		    "it: expected an option of muster-db(1), section TLS, and "
		    "its value", key);
	case TLS_LINE_ON:
	case TLS_LINE_OFF:
		*f->tls = f->unsure ? *f->tls : what == TLS_LINE_ON;
		break;
	case TLS_LINE_KNOWN:
	case TLS_LINE_NONE:
		break;
	}
	return 0;
}

static int
take_line(struct option_file *f, char *line, size_t n, struct err *e)
{
	char *p = line;

	if (n > LINE_LENGTH_MAX || strlen(line) != n)
		return refuse(f, e, "expected at most %d bytes, and none that "
		    "is 0", LINE_LENGTH_MAX);
	while (isspace((unsigned char)*p))
		p++;
	switch (*p) {
	case '\0':
	case '#':
	case ';':
	case '"':		/* the connector passes over such lines, and */
	case '\'':		/* no option begins so */
		return 0;
	case '!':
		return bring_in(f, p + 1, e);
	case '[':
		return begin_group(f, p + 1, e);
	default:
		break;
	}
	if (!f->grouped)
		return refuse(f, e, "an option before any [group], where the "
		    "connector stops reading");
	return f->ours ? take_option(f, p, e) : 0;
}

static int
read_file(struct option_file *f, struct err *e)
{
	char *line = NULL;
	size_t size = 0;
	FILE *in;
	ssize_t n;
	int rc = 0;

	if ((in = fopen(f->path, "re")) == NULL) {
		if (errno == ENOENT || errno == ENOTDIR ||
		    (f->optional && errno == EACCES))
			return 0;
		return err_sys(e, "cannot read option file %s", f->path);
	}
	while (rc == 0 && (n = getline(&line, &size, in)) != -1) {
		f->line++;
		rc = take_line(f, line, (size_t)n, e);
	}
	if (rc == 0 && !feof(in))
		rc = err_sys(e, "cannot read option file %s", f->path);
	if (line != NULL)		/* it held a password */
		explicit_bzero(line, size);
	free(line);
	(void)fclose(in);		/* only read */
	return rc;
}

int
option_file_check(const char *path, bool *tls, struct err *e)
{
	struct option_file f = { .path = path, .tls = tls };

	if (check_private(path, e) == -1)
		return -1;
	return read_file(&f, e);
}

int
option_files_check(bool *tls, struct err *e)
{
	const char *home = getenv("MARIADB_HOME");
	const struct { const char *folder, *name; } places[] = {
		{ "/etc", "/my.cnf" }, { "/etc/mysql", "/my.cnf" },
		{ home != NULL ? home : getenv("MYSQL_HOME"), "/my.cnf" },
		{ getenv("HOME"), "/.my.cnf" },
	};
	struct option_file f;
	char path[PATH_MAX];
	size_t i;

	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (places[i].folder == NULL)
			continue;
		if (snprintf(path, sizeof(path), "%s%s", places[i].folder,
		    places[i].name) >= (int)sizeof(path))
			continue;	/* longer than the connector reads */
		f = (struct option_file){ .path = path, .optional = true,
		    .tls = tls };
		if (read_file(&f, e) == -1)
			return -1;
	}
	return 0;
}
