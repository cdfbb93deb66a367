/*
 * mariadb-backup: where it is, and how it ended.  It is believed only when it
 * exits with 0 and its last line is "completed OK!".
 */
#include <sys/stat.h>
#include <sys/wait.h>

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/fd.h"
#include "db/physical.h"
#include "db/server_place.h"

#define TAIL 16384
#define LINE_MAX_BYTES 400
#define DONE "completed OK!"
#define HOLDING "BACKUP STAGE BLOCK_COMMIT"

const char *const backup_tool_names[] = { "mariadb-backup", "mariabackup",
	NULL };

int
backup_tool_find(struct backup_tool *t, const char *server_version,
    struct err *e)
{
	if (server_find_program(backup_tool_names, "the package "
	    "mariadb-backup of the server's version", t->path, e) == -1 ||
	    server_program_version(t->path, t->version, sizeof(t->version),
	    e) == -1)
		return -1;
	if (!server_same_series(t->version, server_version))
		return err_set(e, ERR_UNSUPPORTED, "%s is version %s, but the "
		    "server is %s: install mariadb-backup of that series",
		    t->path, t->version, server_version);
	return 0;
}

int
db_physical_can_prepare(const char *server_version, struct err *e)
{
	struct backup_tool t;

	return backup_tool_find(&t, server_version, e);
}

/* The file's last bytes, as text. */
static void
read_tail(const char *file, char text[TAIL + 1])
{
	struct err ignored;
	struct stat st;
	size_t got = 0;
	int fd;

	fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd != -1 && fstat(fd, &st) == 0 && st.st_size > TAIL)
		(void)lseek(fd, -TAIL, SEEK_END);
	if (fd != -1)
		(void)fd_read_some(fd, text, TAIL, &got, &ignored);
	fd_drop(&fd);
	text[got] = '\0';
}

static void
hide(char *text, const char *secret)
{
	size_t n = strlen(secret);
	char *p;

	while (n > 0 && (p = strstr(text, secret)) != NULL)
		memset(p, '*', n);
}

/* Past "[00] 2026-11-26 03:05:46 " and blanks. */
static const char *
skip_stamp(const char *line)
{
	if (line[0] == '[' && strchr(line, ']') != NULL)
		line = strchr(line, ']') + 1;
	return line + strspn(line, " 0123456789-:");
}

/*
 * The line that says why it failed: the last that tells of an error, or else
 * the last one.  last: the last one.
 */
static const char *
find_reason(char *text, const char **last)
{
	const char *reason = NULL;
	char *line, *next;

	*last = "";
	for (line = text; line != NULL; line = next) {
		if ((next = strchr(line, '\n')) != NULL)
			*next++ = '\0';
		if (*skip_stamp(line) == '\0')
			continue;
		*last = line;
		if (strcasestr(line, "error") != NULL ||
		    strcasestr(line, "fail") != NULL)
			reason = line;
	}
	return skip_stamp(reason != NULL ? reason : *last);
}

int
backup_tool_ended(const char *file, int status, const char *secret,
    struct err *e)
{
	char *text = malloc(TAIL + 1);
	const char *reason, *last;
	char how[64];
	int rc = 0;

	if (text == NULL)
		return err_memory(e);
	read_tail(file, text);
	hide(text, secret);
	for (char *p = text; *p != '\0'; p++)
		if (iscntrl((unsigned char)*p) && *p != '\n')
			*p = ' ';
	reason = find_reason(text, &last);
	if (WIFSIGNALED(status))
		(void)snprintf(how, sizeof(how), "was killed by signal %d",
		    WTERMSIG(status));
	else
		(void)snprintf(how, sizeof(how), "ended with status %d",
		    WEXITSTATUS(status));
	if (status != 0)
		rc = err_set(e, ERR_REMOTE, "mariadb-backup %s: %.*s", how,
		    LINE_MAX_BYTES, reason[0] != '\0' ? reason :
		    "it did not say why");
	else if (strstr(last, DONE) == NULL)
		rc = err_set(e, ERR_REMOTE, "mariadb-backup did not end with "
		    "\"" DONE "\": %.*s", LINE_MAX_BYTES, reason);
	free(text);
	return rc;
}

/* "[00] 2026-11-26 03:05:46 ..." in UTC. */
static int
stamp_parse(const char *line, int64_t *utc)
{
	const char *p = strchr(line, ']');
	char text[CLOCK_TEXT_MAX];
	struct err ignored;

	if (line[0] != '[' || p == NULL || strlen(p) < 21)
		return -1;
	(void)snprintf(text, sizeof(text), "%.10sT%.8sZ", p + 2, p + 13);
	return clock_parse(text, utc, &ignored);
}

int64_t
backup_tool_point(const char *file, int64_t otherwise)
{
	char *line = NULL;
	size_t size = 0;
	int64_t utc;
	FILE *f;

	if ((f = fopen(file, "re")) == NULL)
		return otherwise;
	while (getline(&line, &size, f) != -1)
		if (strstr(line, HOLDING) != NULL) {
			if (stamp_parse(line, &utc) == 0 && utc > otherwise)
				otherwise = utc;
			break;
		}
	free(line);
	(void)fclose(f);
	return otherwise;
}
