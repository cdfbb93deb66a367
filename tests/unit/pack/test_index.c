/* The index: what it remembers, forgets, and throws away. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <lmdb.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "pack/index.h"
#include "../../lib/noise.h"

#define STORE "00112233445566778899aabbccddeeff"
#define OTHER "ffeeddccbbaa99887766554433221100"

static char folder[PATH_MAX];
static uint8_t table[180];
static struct pack_entry some[100];

static int
make_folder(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	(void)snprintf(folder, sizeof(folder), "%s/test-index-XXXXXX",
	    tmp != NULL ? tmp : "/tmp");
	return mkdtemp(folder) == NULL ? -1 : 0;
}

static int
drop_folder(void **state)
{
	struct err e;

	(void)state;
	return file_remove_tree(folder, &e);
}

static struct index *
open_for(const char *store)
{
	const struct index_options o = { folder, store, 1 << 20 };
	struct err e;
	struct index *ix = index_open(&o, &e);

	if (ix == NULL)
		fail_msg("%s", e.text);
	return ix;
}

static struct id
id_of(unsigned i)
{
	struct id id;

	noise_fill(id.b, ID_SIZE, i);
	return id;
}

/* Entries for chunks from..from+n. */
static struct pack_directory
directory(unsigned from, size_t n)
{
	assert_true(n <= 100);
	noise_fill(table, sizeof(table), 77);
	for (unsigned i = 0; i < n; i++) {
		some[i].id = id_of(from + i);
		some[i].offset = PACK_HEADER_SIZE + 100 * i;
		some[i].number = i;
		some[i].sealed = 100;
		some[i].opened = 84;
		some[i].key = 0;
		some[i].coding = PACK_STORED;
	}
	return (struct pack_directory){ table, sizeof(table), some, n };
}

static void
add(struct index *ix, unsigned pack, unsigned from, size_t n)
{
	struct pack_directory d = directory(from, n);
	struct id sha256 = id_of(1000000 + pack);
	struct err e;

	if (index_add(ix, &sha256, 5000, &d, &e) == -1)
		fail_msg("%s", e.text);
}

static int
copies(struct index *ix, unsigned chunk, struct place v[INDEX_PLACES_MAX])
{
	struct id id = id_of(chunk);
	struct err e;
	int n = index_find(ix, &id, 84, v, &e);

	if (n == -1)
		fail_msg("%s", e.text);
	return n;
}

static int
count_pack(void *cookie, const struct index_pack *pack, struct err *e)
{
	struct index_pack *v = cookie;

	(void)e;
	v[v[0].number + 1] = *pack;
	v[0].number++;
	return 0;
}

static uint32_t
packs(struct index *ix, struct index_pack v[32])
{
	struct err e;

	v[0].number = 0;
	assert_int_equal(index_packs(ix, count_pack, v, &e), 0);
	return v[0].number;
}

static void
a_chunk_is_found_where_it_was_put(void **state)
{
	struct index *ix = open_for(STORE);
	struct place v[INDEX_PLACES_MAX];
	struct id id = id_of(5), sha256 = id_of(1000001);
	struct buf keys;
	struct err e;

	(void)state;
	add(ix, 1, 0, 10);
	index_close(ix);
	ix = open_for(STORE);
	assert_int_equal(copies(ix, 5, v), 1);
	assert_int_equal(id_compare(&v[0].pack, &sha256), 0);
	assert_int_equal(id_compare(&v[0].entry.id, &id), 0);
	assert_int_equal(v[0].entry.offset, PACK_HEADER_SIZE + 500);
	assert_int_equal(v[0].entry.number, 5);
	assert_int_equal(v[0].entry.sealed, 100);
	assert_int_equal(v[0].entry.opened, 84);
	assert_int_equal(copies(ix, 10, v), 0);
	assert_int_equal(index_find(ix, &id, 85, v, &e), 0);
	buf_init(&keys, 1000);
	assert_int_equal(copies(ix, 5, v), 1);
	assert_int_equal(index_keys(ix, v[0].pack_number, &keys, &e), 0);
	assert_int_equal(keys.len, sizeof(table));
	assert_memory_equal(keys.data, table, sizeof(table));
	assert_int_equal(index_keys(ix, 4711, &keys, &e), -1);
	assert_int_equal(e.kind, ERR_ABSENT);
	buf_drop(&keys);
	index_close(ix);
}

static void
of_two_copies_one_stays_when_a_pack_is_forgotten(void **state)
{
	struct index *ix = open_for(STORE);
	struct place v[INDEX_PLACES_MAX];
	struct err e;
	uint32_t number;

	(void)state;
	add(ix, 1, 0, 10);
	add(ix, 2, 5, 10);
	add(ix, 2, 5, 10);		/* again: nothing happens */
	assert_int_equal(copies(ix, 7, v), 2);
	number = v[0].pack_number;
	assert_int_equal(index_forget(ix, &number, 1, &e), 0);
	assert_int_equal(copies(ix, 7, v), 1);
	assert_int_not_equal(v[0].pack_number, number);
	assert_int_equal(copies(ix, 2, v) + copies(ix, 12, v), 1);
	assert_int_equal(index_forget(ix, &number, 1, &e), 0);
	assert_int_equal(index_forget(ix, NULL, 0, &e), 0);
	add(ix, 3, 20, 1);		/* a number is never used again */
	assert_int_equal(copies(ix, 20, v), 1);
	assert_int_equal(v[0].pack_number, 3);
	index_close(ix);
}

static void
a_bad_pack_is_remembered_until_it_can_be_read(void **state)
{
	struct index *ix = open_for(STORE);
	struct index_pack v[32];
	struct place at[INDEX_PLACES_MAX];
	struct id sha256 = id_of(1000009);
	struct err e;

	(void)state;
	assert_int_equal(index_add(ix, &sha256, 123, NULL, &e), 0);
	assert_int_equal(packs(ix, v), 1);
	assert_true(v[1].bad);
	assert_int_equal(v[1].size, 123);
	add(ix, 9, 50, 3);
	assert_int_equal(packs(ix, v), 1);
	assert_false(v[1].bad);
	assert_int_equal(v[1].size, 5000);
	assert_int_equal(copies(ix, 51, at), 1);
	index_close(ix);
}

static void
packs_come_in_order_of_their_names(void **state)
{
	struct index *ix = open_for(STORE);
	struct index_pack v[32];

	(void)state;
	for (unsigned i = 0; i < 20; i++)
		add(ix, i, i * 10, 1);
	assert_int_equal(packs(ix, v), 20);
	for (int i = 1; i < 20; i++)
		assert_true(id_compare(&v[i].sha256, &v[i + 1].sha256) < 0);
	index_close(ix);
}

static void
the_map_grows_as_needed(void **state)
{
	struct index *ix = open_for(STORE);	/* mapped 1 MiB */
	struct place v[INDEX_PLACES_MAX];

	(void)state;
	for (unsigned i = 0; i < 300; i++)
		add(ix, i, i * 100, 100);
	for (unsigned i = 0; i < 30000; i += 7)
		assert_int_equal(copies(ix, i, v), 1);
	index_close(ix);
	ix = open_for(STORE);
	assert_int_equal(copies(ix, 29999, v), 1);
	index_close(ix);
}

static void
another_stores_index_is_thrown_away(void **state)
{
	struct index *ix = open_for(STORE);
	struct place v[INDEX_PLACES_MAX];

	(void)state;
	add(ix, 1, 0, 10);
	index_close(ix);
	ix = open_for(OTHER);
	assert_int_equal(copies(ix, 5, v), 0);
	add(ix, 2, 5, 1);
	index_close(ix);
	ix = open_for(OTHER);
	assert_int_equal(copies(ix, 5, v), 1);
	index_close(ix);
}

/* An index is a cache: one of a newer version is made anew, not guessed at. */
static void
another_versions_index_is_thrown_away(void **state)
{
	uint8_t version[4] = { 0, 0, 0, 2 };
	MDB_val key = { 7, (void *)(uintptr_t)"version" };
	MDB_val value = { sizeof(version), version };
	struct place v[INDEX_PLACES_MAX];
	struct index *ix = open_for(STORE);
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi meta;

	(void)state;
	add(ix, 1, 0, 10);
	index_close(ix);
	assert_int_equal(mdb_env_create(&env), 0);
	assert_int_equal(mdb_env_set_maxdbs(env, 4), 0);
	assert_int_equal(mdb_env_open(env, folder, 0, 0600), 0);
	assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
	assert_int_equal(mdb_dbi_open(txn, "meta", 0, &meta), 0);
	assert_int_equal(mdb_put(txn, meta, &key, &value, 0), 0);
	assert_int_equal(mdb_txn_commit(txn), 0);
	mdb_env_close(env);
	ix = open_for(STORE);
	assert_int_equal(copies(ix, 5, v), 0);
	index_close(ix);
}

static void
overwrite(off_t at, const void *p, size_t n)
{
	char path[PATH_MAX + 16];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/data.mdb", folder);
	assert_true((fd = open(path, O_WRONLY)) != -1);
	assert_int_equal(pwrite(fd, p, n, at), n);
	assert_int_equal(close(fd), 0);
}

static void
damage_is_thrown_away(void **state)
{
	static uint8_t junk[8192];
	char path[PATH_MAX + 16];
	struct place v[INDEX_PLACES_MAX];
	struct stat st;
	struct index *ix;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/data.mdb", folder);
	for (int how = 0; how < 6; how++) {
		ix = open_for(STORE);
		add(ix, 1, 0, 100);
		assert_int_equal(copies(ix, 5, v), 1);
		index_close(ix);
		assert_int_equal(stat(path, &st), 0);
		noise_fill(junk, sizeof(junk), (uint64_t)how);
		switch (how) {
		case 0:			/* both meta pages */
			overwrite(0, junk, 8192);
			break;
		case 1:
			assert_int_equal(truncate(path, st.st_size / 2), 0);
			break;
		case 2:
			assert_int_equal(truncate(path, 100), 0);
			break;
		case 3:
			assert_int_equal(truncate(path, 0), 0);
			break;
		case 4:			/* marked by a run that met damage */
			(void)snprintf(path, sizeof(path), "%s/damaged",
			    folder);
			assert_int_equal(close(open(path,
			    O_CREAT | O_WRONLY, 0600)), 0);
			(void)snprintf(path, sizeof(path), "%s/data.mdb",
			    folder);
			break;
		default:
			memset(junk, 0, sizeof(junk));
			overwrite(0, junk, 8192);
		}
		ix = open_for(STORE);
		assert_int_equal(copies(ix, 5, v), 0);
		add(ix, 1, 0, 100);
		index_close(ix);
		ix = open_for(STORE);
		assert_int_equal(copies(ix, 5, v), 1);
		index_close(ix);
	}
}

static void
a_folder_that_cannot_be_is_trouble(void **state)
{
	const struct index_options o = { "/proc/none/index", STORE, 0 };
	struct err e;

	(void)state;
	assert_null(index_open(&o, &e));
	assert_int_not_equal(e.kind, ERR_NONE);
	assert_non_null(strstr(e.text, "/proc/none"));
}

static void
another_process_sees_what_was_added_and_grown(void **state)
{
	struct index *ix;
	struct place v[INDEX_PLACES_MAX];
	int go[2], status;
	char byte;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(go), 0);
	if ((pid = fork()) == 0) {
		ix = open_for(STORE);
		for (unsigned i = 0; i < 200; i++)
			add(ix, i, i * 100, 100);
		_exit(write(go[1], "x", 1) == 1 ? 0 : 1);
	}
	ix = open_for(STORE);
	assert_int_equal(read(go[0], &byte, 1), 1);
	assert_int_equal(copies(ix, 19999, v), 1);
	add(ix, 500, 70000, 1);
	assert_int_equal(copies(ix, 70000, v), 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	index_close(ix);
	(void)close(go[0]);
	(void)close(go[1]);
}

/* As LMDB does when it follows a page number beyond the end of its file. */
static void
who_dies_of_an_index_has_it_built_again(void **state)
{
	static const int signals[] = { SIGBUS, SIGSEGV, SIGABRT };
	struct place v[INDEX_PLACES_MAX];
	struct index *ix;
	int status;
	pid_t pid;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		ix = open_for(STORE);
		add(ix, 1, 0, 100);
		index_close(ix);
		if ((pid = fork()) == 0) {
			const struct rlimit none = { 0, 0 };

			(void)setrlimit(RLIMIT_CORE, &none);
			(void)signal(signals[i], SIG_DFL);
			ix = open_for(STORE);
			if (copies(ix, 50, v) != 1)
				_exit(1);
			(void)raise(signals[i]);
			_exit(1);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), signals[i]);
		ix = open_for(STORE);
		assert_int_equal(copies(ix, 50, v), 0);
		index_close(ix);
	}
}

/* What is mapped to be written has its room on the disk. */
static void
no_file_has_a_hole(void **state)
{
	struct index *ix = open_for(STORE);
	char path[PATH_MAX];
	struct stat st;

	(void)state;
	assert_true(snprintf(path, sizeof(path), "%s/lock.mdb", folder) <
	    (int)sizeof(path));
	assert_int_equal(stat(path, &st), 0);
	assert_true(st.st_size > 32768);
	assert_true(st.st_blocks * 512 >= st.st_size);
	add(ix, 1, 0, 100);
	index_close(ix);
}

/* A full disk is played by a limit on the size of files. */
static void
limit_files(rlim_t size)
{
	const struct rlimit r = { size, RLIM_INFINITY };

	assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &r), 0);
}

static void
a_full_disk_is_trouble_with_a_sentence(void **state)
{
	const struct index_options o = { folder, STORE, 0 };
	struct index *ix = open_for(STORE);
	struct pack_directory d = directory(500, 100);
	struct id sha256 = id_of(1000077);
	struct place v[INDEX_PLACES_MAX];
	struct err e;
	int failed = 0;

	(void)state;
	add(ix, 1, 0, 100);
	limit_files(64 << 10);
	for (unsigned i = 2; i < 30 && !failed; i++) {
		d = directory(i * 100, 100);
		sha256 = id_of(1000000 + i);
		failed = index_add(ix, &sha256, 5000, &d, &e) == -1;
	}
	assert_true(failed);
	assert_int_equal(e.kind, ERR_SYSTEM);
	assert_non_null(strstr(e.text, "cannot write index"));
	assert_non_null(strstr(e.text, folder));
	assert_int_equal(copies(ix, 50, v), 1);
	limit_files(RLIM_INFINITY);
	index_close(ix);
	ix = open_for(STORE);
	assert_int_equal(copies(ix, 50, v), 1);
	add(ix, 60, 6000, 100);
	assert_int_equal(copies(ix, 6050, v), 1);
	index_close(ix);
	(void)drop_folder(NULL);
	limit_files(1000);
	ix = index_open(&o, &e);
	limit_files(RLIM_INFINITY);
	assert_null(ix);
	assert_int_equal(e.kind, ERR_SYSTEM);
}

struct searcher {
	struct index	*index;
	unsigned	 seen;
};

static void *
search(void *cookie)
{
	struct searcher *s = cookie;
	struct place v[INDEX_PLACES_MAX];

	for (unsigned turn = 0; turn < 20; turn++)
		for (unsigned i = 0; i < 5000; i += 11)
			s->seen += (unsigned)copies(s->index, i, v);
	return NULL;
}

static void
threads_search_while_one_adds(void **state)
{
	struct index *ix = open_for(STORE);
	struct searcher s[4];
	struct place v[INDEX_PLACES_MAX];
	pthread_t t[4];

	(void)state;
	for (int i = 0; i < 4; i++) {
		s[i] = (struct searcher){ ix, 0 };
		assert_int_equal(pthread_create(&t[i], NULL, search, &s[i]),
		    0);
	}
	for (unsigned i = 0; i < 100; i++)
		add(ix, i, i * 100, 100);
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_join(t[i], NULL), 0);
	assert_int_equal(copies(ix, 4999, v), 1);
	index_close(ix);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, make_folder, drop_folder)
		T(a_chunk_is_found_where_it_was_put),
		T(of_two_copies_one_stays_when_a_pack_is_forgotten),
		T(a_bad_pack_is_remembered_until_it_can_be_read),
		T(packs_come_in_order_of_their_names),
		T(the_map_grows_as_needed),
		T(another_stores_index_is_thrown_away),
		T(another_versions_index_is_thrown_away),
		T(damage_is_thrown_away),
		T(a_folder_that_cannot_be_is_trouble),
		T(another_process_sees_what_was_added_and_grown),
		T(who_dies_of_an_index_has_it_built_again),
		T(no_file_has_a_hole),
		T(a_full_disk_is_trouble_with_a_sentence),
		T(threads_search_while_one_adds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
