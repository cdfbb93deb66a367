/*
 * Files of a data directory: the archive depends on names and bytes alone, and
 * what does not fit together is refused by name.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "archive/tree.h"
#include "base/err.h"
#include "base/file.h"
#include "base/scratch.h"
#include "db/datafiles.h"
#include "db/physical.h"
#include "../../lib/live_chunks.h"

static struct live_chunks store;
static struct datafiles *d;
static struct err e;

static int
begin(void **state)
{
	(void)state;
	live_chunks_open(&store);
	err_clear(&e);
	d = datafiles_new(store.chunks, &e);
	return d == NULL ? -1 : 0;
}

static int
end(void **state)
{
	(void)state;
	datafiles_free(d);
	live_chunks_close(&store);
	return 0;
}

static void
put(const char *name, uint64_t at, const char *text)
{
	assert_int_equal(datafiles_write(d, name, at, text, strlen(text), &e),
	    0);
}

static void
whole(const char *name, const char *text)
{
	if (text[0] != '\0')
		put(name, 0, text);
	assert_int_equal(datafiles_end(d, name, &e), 0);
}

static void
expect(enum err_kind kind, const char *text)
{
	assert_int_equal(e.kind, kind);
	if (strstr(e.text, text) == NULL)
		fail_msg("\"%s\" is not in: %s", text, e.text);
}

static void
the_order_in_which_files_came_does_not_show(void **state)
{
	struct archive_root one, other;

	(void)state;
	put("b/t.ibd", 0, "12");
	put("redo", 0, "x");
	put("b/t.ibd", 2, "34");
	whole("a", "");
	assert_int_equal(datafiles_end(d, "b/t.ibd", &e), 0);
	put("redo", 1, "y");
	assert_int_equal(datafiles_end(d, "redo", &e), 0);
	assert_int_equal(datafiles_archive(d, &one, &e), 0);
	assert_int_equal(one.entries, 3);

	datafiles_free(d);
	assert_non_null(d = datafiles_new(store.chunks, &e));
	whole("redo", "xy");
	whole("b/t.ibd", "1234");
	whole("a", "");
	assert_int_equal(datafiles_archive(d, &other, &e), 0);
	assert_memory_equal(&one.fingerprint, &other.fingerprint,
	    sizeof(one.fingerprint));
}

static void
renamed_and_removed_files_are_as_if_they_came_so(void **state)
{
	struct archive_root one, other;

	(void)state;
	whole("old", "1");
	whole("gone", "2");
	assert_int_equal(datafiles_rename(d, "old", "new", &e), 0);
	assert_int_equal(datafiles_remove(d, "gone", &e), 0);
	assert_int_equal(datafiles_archive(d, &one, &e), 0);
	datafiles_free(d);
	assert_non_null(d = datafiles_new(store.chunks, &e));
	whole("new", "1");
	assert_int_equal(datafiles_archive(d, &other, &e), 0);
	assert_memory_equal(&one.fingerprint, &other.fingerprint,
	    sizeof(one.fingerprint));
}

static void
what_never_came_cannot_be_renamed_or_removed(void **state)
{
	(void)state;
	assert_int_equal(datafiles_rename(d, "x", "y", &e), -1);
	expect(ERR_DAMAGED, "x is renamed or removed, but never came");
	put("x", 0, "1");		/* not ended */
	assert_int_equal(datafiles_remove(d, "x", &e), -1);
	expect(ERR_DAMAGED, "never came");
}

static void
holes_overlaps_and_open_ends_are_damaged(void **state)
{
	struct archive_root root;

	(void)state;
	put("x", 0, "123");
	assert_int_equal(datafiles_write(d, "x", 2, "3", 1, &e), -1);
	expect(ERR_DAMAGED, "x goes on at byte 2, but has 3");
	assert_int_equal(datafiles_write(d, "y", 1, "3", 1, &e), -1);
	expect(ERR_DAMAGED, "y goes on at byte 1, but has 0");
	assert_int_equal(datafiles_archive(d, &root, &e), -1);
	expect(ERR_DAMAGED, "the end of x never came");
}

static void
one_name_twice_is_damaged(void **state)
{
	struct archive_root root;

	(void)state;
	whole("b", "1");
	whole("a", "1");
	whole("b", "2");
	assert_int_equal(datafiles_archive(d, &root, &e), -1);
	expect(ERR_DAMAGED, "b came twice");
}

/* What was unpacked is taken again; any change of it shows. */
static void
unpacked_files_have_the_same_fingerprint(void **state)
{
	struct archive_root root, again;
	struct tree_restore_options o = { .target = NULL };
	struct tree_stats stats;
	char folder[4096], path[4200];
	uint8_t *big = calloc(1, 300000);
	FILE *f;

	(void)state;
	assert_non_null(big);
	for (size_t i = 0; i < 300000; i++)
		big[i] = (uint8_t)(i * i >> 7);
	assert_int_equal(datafiles_write(d, "d/big.ibd", 0, big, 300000, &e),
	    0);
	assert_int_equal(datafiles_end(d, "d/big.ibd", &e), 0);
	whole("empty", "");
	whole("small", "abc");
	assert_int_equal(datafiles_archive(d, &root, &e), 0);
	assert_int_equal(chunks_flush(store.chunks, &e), 0);
	(void)snprintf(folder, sizeof(folder), "%s/data",
	    scratch_path(store.scratch));
	assert_int_equal(file_mkdirs(folder, 0700, &e), 0);
	o.target = folder;
	assert_int_equal(tree_restore(store.chunks, &root, &o, &stats, &e), 0);
	assert_int_equal(db_physical_retake(store.chunks, folder, &again, &e),
	    0);
	assert_memory_equal(&root.fingerprint, &again.fingerprint,
	    sizeof(root.fingerprint));

	(void)snprintf(path, sizeof(path), "%s/small", folder);
	assert_non_null(f = fopen(path, "r+"));
	assert_int_equal(fputc('x', f), 'x');
	assert_int_equal(fclose(f), 0);
	assert_int_equal(db_physical_retake(store.chunks, folder, &again, &e),
	    0);
	assert_memory_not_equal(&root.fingerprint, &again.fingerprint,
	    sizeof(root.fingerprint));
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("empty", path), 0);
	assert_int_equal(db_physical_retake(store.chunks, folder, &again, &e),
	    -1);
	expect(ERR_UNSUPPORTED, "small is a symbolic link");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(db_physical_retake(store.chunks, folder, &again, &e),
	    -1);
	expect(ERR_UNSUPPORTED, "small is no regular file");
	assert_int_equal(unlink(path), 0);
	(void)snprintf(path, sizeof(path), "%s/1/2/3/4/5/6/7", folder);
	assert_int_equal(file_mkdirs(path, 0700, &e), 0);
	assert_int_equal(db_physical_retake(store.chunks, folder, &again, &e),
	    0);
	(void)snprintf(path, sizeof(path), "%s/1/2/3/4/5/6/7/8", folder);
	assert_int_equal(file_mkdirs(path, 0700, &e), 0);
	assert_int_equal(db_physical_retake(store.chunks, folder, &again, &e),
	    -1);
	expect(ERR_UNSUPPORTED, "1/2/3/4/5/6/7/8: folders too deep");
	(void)snprintf(path, sizeof(path), "%s/none", folder);
	assert_int_equal(db_physical_retake(store.chunks, path, &again, &e),
	    -1);
	expect(ERR_SYSTEM, "/none");
	free(big);
}

/* A page that changes costs its block, wherever it is. */
static void
content_is_cut_after_every_block(void **state)
{
	struct chunks_stats before, after;
	struct archive_root root;
	uint8_t *p = calloc(16, DATAFILES_BLOCK);

	(void)state;
	assert_non_null(p);
	for (size_t i = 0; i < 16 * DATAFILES_BLOCK; i++)
		p[i] = (uint8_t)(i * 2654435761u >> 13);
	assert_int_equal(datafiles_write(d, "t", 0, p, 16 * DATAFILES_BLOCK,
	    &e), 0);
	assert_int_equal(datafiles_end(d, "t", &e), 0);
	assert_int_equal(datafiles_archive(d, &root, &e), 0);
	assert_int_equal(chunks_flush(store.chunks, &e), 0);
	chunks_stats(store.chunks, &before);
	datafiles_free(d);
	assert_non_null(d = datafiles_new(store.chunks, &e));
	p[5 * DATAFILES_BLOCK + 17] ^= 1;
	assert_int_equal(datafiles_write(d, "t", 0, p, 16 * DATAFILES_BLOCK,
	    &e), 0);
	assert_int_equal(datafiles_end(d, "t", &e), 0);
	assert_int_equal(datafiles_archive(d, &root, &e), 0);
	assert_int_equal(chunks_flush(store.chunks, &e), 0);
	chunks_stats(store.chunks, &after);
	/* that block, and the manifest */
	assert_true(after.new_bytes - before.new_bytes <
	    DATAFILES_BLOCK + 8192);
	assert_true(after.new_bytes - before.new_bytes >= DATAFILES_BLOCK);
	free(p);
}

static const char cnf[] = "[mysqld]\ninnodb_checksum_algorithm=crc32\n"
    "innodb_data_file_path=ibdata1:12M:autoextend\ninnodb_page_size=16384\n"
    "innodb_undo_tablespaces=3\n";
static const char points[] = "backup_type = full-backuped\nfrom_lsn = 0\n"
    "to_lsn = 44894\nlast_lsn = 44910\n";

static void
the_small_files_say_what_a_server_needs(void **state)
{
	struct db_point p = { .tries = 1 };

	(void)state;
	assert_int_equal(physical_facts(cnf, points, "bin.000001\t322\t0-7-9\n",
	    &p, &e), 0);
	assert_int_equal(p.physical.lsn, 44910);
	assert_int_equal(p.physical.page_size, 16384);
	assert_int_equal(p.physical.undo_tablespaces, 3);
	assert_string_equal(p.physical.data_files, "ibdata1:12M:autoextend");
	assert_string_equal(p.binlog_file, "bin.000001");
	assert_int_equal(p.binlog_pos, 322);
	assert_string_equal(p.gtid, "0-7-9");
	assert_int_equal(physical_facts(cnf, points, "b.1\t4\n", &p, &e), 0);
	assert_string_equal(p.gtid, "");
	assert_int_equal(physical_facts(cnf, points, NULL, &p, &e), 0);
}

static void
small_files_that_say_something_else_are_refused(void **state)
{
	static const struct { const char *cnf, *points, *log, *text; } bad[] = {
		{ cnf, "backup_type = incremental\nlast_lsn = 1\n", NULL,
		    "expected a full backup" },
		{ cnf, "", NULL, "expected a full backup" },
		{ cnf, "backup_type = full-backuped\n", NULL, "last_lsn" },
		{ cnf, "backup_type = full-backuped\nlast_lsn = x\n", NULL,
		    "last_lsn" },
		{ "", points, NULL, "innodb_page_size" },
		{ "innodb_page_size=16384\n", points, NULL,
		    "innodb_undo_tablespaces" },
		{ "innodb_page_size=16384\ninnodb_undo_tablespaces=0\n",
		    points, NULL, "innodb_data_file_path" },
		{ "innodb_page_size=16384\ninnodb_undo_tablespaces=0\n"
		    "innodb_data_file_path=/x/ibdata1:1M\n", points, NULL,
		    "outside of the data directory" },
		{ cnf, points, "", "a file and a position" },
		{ cnf, points, "bin.1\tx\n", "a file and a position" },
		{ cnf, points, "\t1\n", "a file and a position" },
	};
	struct db_point p = { .tries = 1 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(physical_facts(bad[i].cnf, bad[i].points,
		    bad[i].log, &p, &e), -1);
		expect(strstr(bad[i].text, "outside") != NULL ?
		    ERR_UNSUPPORTED : ERR_DAMAGED, bad[i].text);
	}
}

static void
said(const char *text, int status, const char *secret)
{
	char path[4096];

	(void)snprintf(path, sizeof(path), "%s/said",
	    scratch_path(store.scratch));
	assert_int_equal(file_replace_path(path, 0600, text, strlen(text), &e),
	    0);
	if (backup_tool_ended(path, status, secret, &e) == 0)
		err_clear(&e);
}

static void
how_mariadb_backup_ended_is_told(void **state)
{
	char path[4096];

	(void)state;
	said("[00] 2026-11-26 03:05:46 completed OK!\n", 0, "");
	assert_int_equal(e.kind, ERR_NONE);
	said("[00] 2026-11-26 03:05:46 completed OK!\nmore\n", 0, "");
	expect(ERR_REMOTE, "did not end with \"completed OK!\": more");
	said("", 0, "");
	expect(ERR_REMOTE, "did not end with");
	said("", 1 << 8, "");
	expect(ERR_REMOTE, "ended with status 1: it did not say why");
	said("[00] 2026-11-26 03:05:46 Error: no\nlast\n", 1 << 8, "");
	expect(ERR_REMOTE, "ended with status 1: Error: no");
	said("a\n", 9, "");
	expect(ERR_REMOTE, "was killed by signal 9: a");
	said("error: password is hunter2\n", 256, "hunter2");
	expect(ERR_REMOTE, "password is *******");

	(void)snprintf(path, sizeof(path), "%s/said",
	    scratch_path(store.scratch));
	said("[00] 2026-11-26 03:05:46 Starting BACKUP STAGE BLOCK_COMMIT\n"
	    "[00] 2026-11-26 03:05:50 Finishing BACKUP STAGE BLOCK_COMMIT\n",
	    0, "");
	assert_int_equal(backup_tool_point(path, 7),
	    INT64_C(1795662346000000000));
	said("nothing of it\n", 0, "");
	assert_int_equal(backup_tool_point(path, 7), 7);
	said("[x BACKUP STAGE BLOCK_COMMIT\n", 0, "");
	assert_int_equal(backup_tool_point(path, 7), 7);
	assert_int_equal(backup_tool_point("/nonexistent", 7), 7);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)
	const struct CMUnitTest tests[] = {
		T(the_order_in_which_files_came_does_not_show),
		T(renamed_and_removed_files_are_as_if_they_came_so),
		T(what_never_came_cannot_be_renamed_or_removed),
		T(holes_overlaps_and_open_ends_are_damaged),
		T(one_name_twice_is_damaged),
		T(unpacked_files_have_the_same_fingerprint),
		T(content_is_cut_after_every_block),
		T(the_small_files_say_what_a_server_needs),
		T(small_files_that_say_something_else_are_refused),
		T(how_mariadb_backup_ended_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
