/*
 * What mariadb-backup says of a backup in its own small files.
 */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/num.h"
#include "db/physical.h"

#define PAGE_MAX 65536

int
physical_fact(const char *text, const char *key, char *out, size_t size)
{
	size_t n = strlen(key), len;
	const char *p = text;

	for (; p != NULL; p = strchr(p, '\n')) {
		p += *p == '\n';
		if (strncmp(p, key, n) != 0 || (p[n] != '=' && p[n] != ' '))
			continue;
		p += n + strspn(p + n, " =");
		len = strcspn(p, "\n");
		if (len >= size)
			return -1;
		(void)snprintf(out, size, "%.*s", (int)len, p);
		return 0;
	}
	return -1;
}

static int
want_number(const char *file, const char *text, const char *key, uint64_t max,
    uint64_t *v, struct err *e)
{
	char value[64];

	if (physical_fact(text, key, value, sizeof(value)) == -1 ||
	    num_parse(value, 0, max, v, e) == -1)
		return err_set(e, ERR_DAMAGED, "%s of mariadb-backup: expected "
		    "a number as %s", file, key);
	return 0;
}

/* "file\tposition\tgtid" */
static int
read_binlog(const char *text, struct db_point *p, struct err *e)
{
	size_t file = strcspn(text, "\t\n"), pos, gtid;
	char number[32];

	if (text[file] != '\t' || file == 0 || file >= sizeof(p->binlog_file))
		goto refuse;
	(void)snprintf(p->binlog_file, sizeof(p->binlog_file), "%.*s",
	    (int)file, text);
	text += file + 1;
	pos = strcspn(text, "\t\n");
	if (pos >= sizeof(number))
		goto refuse;
	(void)snprintf(number, sizeof(number), "%.*s", (int)pos, text);
	if (num_parse(number, 0, INT64_MAX, &p->binlog_pos, e) == -1)
		goto refuse;
	text += pos + (text[pos] == '\t');
	gtid = strcspn(text, "\t\n");
	if (gtid >= sizeof(p->gtid))
		goto refuse;
	(void)snprintf(p->gtid, sizeof(p->gtid), "%.*s", (int)gtid, text);
	return 0;
refuse:
	return err_set(e, ERR_DAMAGED, "xtrabackup_binlog_info of "
	    "mariadb-backup: expected a file and a position");
}

int
physical_facts(const char *cnf, const char *checkpoints, const char *binlog,
    struct db_point *p, struct err *e)
{
	struct db_physical *f = &p->physical;
	char type[64];
	uint64_t v;

	if (physical_fact(checkpoints, "backup_type", type,
	    sizeof(type)) == -1 ||
	    strcmp(type, "full-backuped") != 0)
		return err_set(e, ERR_DAMAGED, "xtrabackup_checkpoints of "
		    "mariadb-backup: expected a full backup");
	if (want_number("xtrabackup_checkpoints", checkpoints, "last_lsn",
	    UINT64_MAX, &f->lsn, e) == -1)
		return -1;
	if (want_number("backup-my.cnf", cnf, "innodb_page_size", PAGE_MAX,
	    &v, e) == -1)
		return -1;
	f->page_size = (uint32_t)v;
	if (want_number("backup-my.cnf", cnf, "innodb_undo_tablespaces", 127,
	    &v, e) == -1)
		return -1;
	f->undo_tablespaces = (uint32_t)v;
	if (physical_fact(cnf, "innodb_data_file_path", f->data_files,
	    sizeof(f->data_files)) == -1)
		return err_set(e, ERR_DAMAGED, "backup-my.cnf of "
		    "mariadb-backup: expected innodb_data_file_path");
	if (strchr(f->data_files, '/') != NULL)
		return err_set(e, ERR_UNSUPPORTED, "innodb_data_file_path %s: "
		    "a file outside of the data directory: expected method: "
		    "logical", f->data_files);
	return binlog != NULL ? read_binlog(binlog, p, e) : 0;
}
