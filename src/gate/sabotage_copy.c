/*
 * Damage to a restored copy: see sabotage_copy.h.
 */
#include <sys/random.h>
#include <sys/stat.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fd.h"
#include "db/conn.h"
#include "gate/sabotage_copy.h"

#define TRIES 200
#define PATH_SIZE 4096
#define DEPTH_MAX 64

uint64_t
sabotage_random(uint64_t n)
{
	uint64_t v = 0;

	if (getrandom(&v, sizeof(v), 0) != (ssize_t)sizeof(v))
		v = (uint64_t)getpid();	/* any damage will do */
	return n > 0 ? v % n : 0;
}

/* A column of a table at random, of those that can be changed so. */
static int
choose_column(struct conn *c, const char *database, struct buf *table,
    struct buf *column, struct err *e)
{
	struct rows r = { 0 };
	struct buf name;
	int rc = -1;

	buf_init(&name, PATH_SIZE);
	buf_clear(table);
	buf_clear(column);
	if (quote_text(&name, database, strlen(database), e) == -1 ||
	    buf_text(&name, e) == NULL ||
	    rows_queryf(&r, c, e, "SELECT c.table_name, c.column_name FROM "
	    "information_schema.columns c JOIN information_schema.tables t "
	    "USING (table_schema, table_name) WHERE table_schema = %s AND "
	    "t.table_type = 'BASE TABLE' AND c.extra NOT LIKE "
	    "'%%GENERATED%%' AND c.data_type IN ('varchar', 'text', "
	    "'longtext') AND c.character_maximum_length >= 20 "
	    "ORDER BY RAND() LIMIT 1", (char *)name.data) == -1)
		goto done;
	if ((rc = rows_next(&r, e)) == 1 && quote_name(table, r.v[0],
	    e) == 0 && quote_name(column, r.v[1], e) == 0 &&
	    buf_text(table, e) != NULL && buf_text(column, e) != NULL)
		rc = 0;
	else if (rc == 0)
		rc = err_set(e, ERR_ABSENT, "no table that can be damaged");
	else
		rc = -1;
done:
	rows_free(&r);
	buf_drop(&name);
	return rc;
}

static int
damage_row(struct conn *c, bool take_away, const char *table,
    const char *column, struct err *e)
{
	return take_away ? conn_execf(c, e, "DELETE FROM %s LIMIT 1", table) :
	    conn_execf(c, e, "UPDATE IGNORE %s SET %s = IF(%s = 'x', 'y', "
	    "'x') LIMIT 1", table, column, column);
}

int
sabotage_row(const struct drill_copy *copy, bool take_away,
    char done[RECEIPT_TEXT_MAX], struct err *e)
{
	struct buf table, column;
	struct conn *c;
	int i, rc = -1;

	buf_init(&table, PATH_SIZE);
	buf_init(&column, PATH_SIZE);
	if (copy->database == NULL)
		return err_set(e, ERR_ABSENT, "no database to damage");
	if ((c = conn_open(&copy->login, CONN_UTF8, e)) == NULL ||
	    conn_use(c, copy->database, e) == -1 ||
	    conn_exec(c, "SET foreign_key_checks = 0", e) == -1)
		goto done;
	for (i = 0; i < TRIES; i++) {
		if (choose_column(c, copy->database, &table, &column,
		    e) == -1)
			goto done;
		/* an empty table, a unique key: another one */
		if (damage_row(c, take_away, (char *)table.data,
		    (char *)column.data, e) == 0 && conn_affected(c) == 1)
			break;
	}
	if (i == TRIES) {
		(void)err_set(e, ERR_ABSENT, "no row that can be damaged");
		goto done;
	}
	(void)snprintf(done, RECEIPT_TEXT_MAX, "%s a row of %.300s",
	    take_away ? "took away" : "changed", (char *)table.data);
	rc = 0;
done:
	conn_close(c);
	buf_drop(&table);
	buf_drop(&column);
	return rc;
}

/* The n-th of all regular files is kept with a chance of 1 in n. */
struct choice {
	char		path[PATH_SIZE];
	uint64_t	n;
};

static void	choose_below(struct choice *, const char *, int depth);

static void
consider(struct choice *c, const char *folder, const char *name, int depth)
{
	char path[PATH_SIZE];
	struct stat st;

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
	    snprintf(path, sizeof(path), "%s/%s", folder, name) >= PATH_SIZE ||
	    lstat(path, &st) == -1)
		return;
	if (S_ISDIR(st.st_mode))
		choose_below(c, path, depth + 1);
	else if (S_ISREG(st.st_mode) && st.st_size > 0 &&
	    sabotage_random(++c->n) == 0)
		memcpy(c->path, path, strlen(path) + 1);
}

static void
choose_below(struct choice *c, const char *folder, int depth)
{
	struct dirent *d;
	DIR *dir;

	if (depth > DEPTH_MAX || (dir = opendir(folder)) == NULL)
		return;
	while ((d = readdir(dir)) != NULL)
		consider(c, folder, d->d_name, depth);
	(void)closedir(dir);		/* it was only read */
}

/* One byte is another; size and times are as before. */
static int
change_file(const char *path, struct err *e)
{
	struct timespec times[2];
	struct stat st;
	uint8_t byte;
	off_t at;
	int fd, rc = -1;

	if ((fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)) == -1 ||
	    fstat(fd, &st) == -1) {
		(void)err_sys(e, "cannot damage %s", path);
		goto done;
	}
	times[0] = st.st_atim;
	times[1] = st.st_mtim;
	at = (off_t)sabotage_random((uint64_t)st.st_size);
	if (pread(fd, &byte, 1, at) != 1 ||
	    (byte ^= 0x20, pwrite(fd, &byte, 1, at)) != 1 ||
	    futimens(fd, times) == -1) {
		(void)err_sys(e, "cannot damage %s", path);
		goto done;
	}
	rc = fd_close(&fd, e);
done:
	fd_drop(&fd);
	return rc;
}

int
sabotage_file(const char *folder, bool take_away,
    char done[RECEIPT_TEXT_MAX], struct err *e)
{
	struct choice c = { .n = 0 };

	choose_below(&c, folder, 0);
	if (c.n == 0)
		return err_set(e, ERR_ABSENT, "no file to damage");
	if (take_away && unlink(c.path) == -1)
		return err_sys(e, "cannot remove %s", c.path);
	if (!take_away && change_file(c.path, e) == -1)
		return -1;
	(void)snprintf(done, RECEIPT_TEXT_MAX, "%s %.400s", take_away ?
	    "took away" : "changed a byte of", c.path + strlen(folder));
	return 0;
}
