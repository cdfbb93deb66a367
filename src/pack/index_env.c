/*
 * The LMDB under an index: see index_env.h.
 *
 * Opening, which may throw the files away, is serialized by the lock file
 * `open.lock`; processes that have the old files open keep them until they
 * end, unlinked.  Content that is found wrong later is marked by the file
 * `damaged`, and the next opening throws it away; so does one that finds the
 * file `unsynced` of an earlier boot.
 *
 * The map grows under a lock that every transaction of this process holds
 * shared, since LMDB wants no transaction while it is changed.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <lmdb.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/lock.h"
#include "crypto/charter.h"
#include "pack/index_crash.h"
#include "pack/index_env.h"

#define INDEX_VERSION 1u
#define INDEX_MAP ((size_t)256 << 20)
#define INDEX_READERS 512
#define INDEX_LITTLE ((uint64_t)1 << 20)	/* bytes; less is a full disk */
#define INDEX_LOCKS 40960		/* bytes for so many and more */
#define BOOT_MAX 256			/* bytes that name a boot */
#define OPEN_WAIT 60			/* seconds for another one's opening */

/* The folder's files that an index is made of. */
static const char *const files[] = { "data.mdb", "lock.mdb", "damaged",
	"unsynced" };

static int
file_path(const char *folder, const char *name, char path[PATH_MAX],
    struct err *e)
{
	int n = snprintf(path, PATH_MAX, "%s/%s", folder, name);

	if (n < 0 || n >= PATH_MAX)
		return err_set(e, ERR_INPUT, "the index's path is too long");
	return 0;
}

/* The next opening shall throw this index away. */
static void
condemn(const struct index *ix)
{
	struct err ignored;
	char path[PATH_MAX];

	/* If even this fails, the same trouble is found again next time. */
	if (file_path(ix->folder, "damaged", path, &ignored) == 0)
		(void)file_create_path(path, 0600, "", 0, &ignored);
}

/* Files of any size may be written here, but LMDB's was too large. */
static bool
is_nonsense(int rc)
{
	struct rlimit r;

	return rc == EFBIG && getrlimit(RLIMIT_FSIZE, &r) == 0 &&
	    r.rlim_cur == RLIM_INFINITY;
}

/* LMDB says EIO when only a part of what it wrote had room on the disk. */
static int
full_or(const struct index *ix, int rc)
{
	struct statvfs v;

	if (rc == EIO && statvfs(ix->folder, &v) == 0 &&
	    (uint64_t)v.f_bavail * v.f_frsize < INDEX_LITTLE)
		return ENOSPC;
	return rc;
}

int
index_trouble(const struct index *ix, int rc, const char *what, struct err *e)
{
	switch (is_nonsense(rc) ? MDB_CORRUPTED : rc) {
	case MDB_CORRUPTED:
	case MDB_PAGE_NOTFOUND:
	case MDB_INVALID:
	case MDB_VERSION_MISMATCH:
	case MDB_INCOMPATIBLE:
	case MDB_BAD_VALSIZE:
	case MDB_NOTFOUND:
	case MDB_PANIC:
		condemn(ix);
		return err_set(e, ERR_DAMAGED, "cannot %s index %s: %s (the"
		    " next run builds it again)", what, ix->folder,
		    mdb_strerror(rc));
	default:
		break;
	}
	if (rc == ENOMEM)
		return err_memory(e);
	rc = full_or(ix, rc);
	(void)err_set(e, ERR_SYSTEM, "cannot %s index %s: %s", what,
	    ix->folder, mdb_strerror(rc));
	e->sys = rc > 0 ? rc : 0;
	return -1;
}

/* Which boot of the machine this is; -1 when it cannot be told. */
static int
boot_load(struct buf *b)
{
	struct err ignored;

	return file_load("/proc/sys/kernel/random/boot_id", b, &ignored);
}

/* Was it written to without waiting for the disk, in an earlier boot? */
static bool
is_unsynced(const char *path)
{
	struct buf now, then;
	struct err ignored;
	bool lost = false;

	if (!file_exists(path))
		return false;
	buf_init(&now, BOOT_MAX);
	buf_init(&then, BOOT_MAX);
	lost = boot_load(&now) == -1 ||
	    file_load(path, &then, &ignored) == -1 ||
	    now.len != then.len || memcmp(now.data, then.data, now.len) != 0;
	buf_drop(&now);
	buf_drop(&then);
	return lost;
}

void
index_hurry(struct index *ix)
{
	char path[PATH_MAX];
	struct buf boot;
	struct err ignored;

	buf_init(&boot, BOOT_MAX);
	if (file_path(ix->folder, "hurry.lock", path, &ignored) == 0)
		ix->hurry = lock_take(path, 0, &ignored);
	if (ix->hurry != NULL && (boot_load(&boot) == -1 ||
	    file_path(ix->folder, "unsynced", path, &ignored) == -1 ||
	    file_replace_path(path, 0600, boot.data, boot.len,
	    &ignored) == -1 ||
	    mdb_env_set_flags(ix->env, MDB_NOSYNC, 1) != 0)) {
		lock_free(ix->hurry);
		ix->hurry = NULL;
	}
	buf_drop(&boot);
}

int
index_settle(struct index *ix, struct err *e)
{
	char path[PATH_MAX];
	int rc;

	if (ix->hurry == NULL)
		return 0;
	if ((rc = mdb_env_sync(ix->env, 1)) == 0 &&
	    (rc = mdb_env_set_flags(ix->env, MDB_NOSYNC, 0)) == 0 &&
	    file_path(ix->folder, "unsynced", path, e) == 0)
		(void)unlink(path);	/* left, it costs an index at worst */
	lock_free(ix->hurry);
	ix->hurry = NULL;
	return rc == 0 ? 0 : index_trouble(ix, rc, "write", e);
}

/*
 * Map twice as much as it was when there was no room, unless another thread has
 * done so; 0: what another process made it.  The caller is in no transaction.
 */
static int
map_grow(struct index *ix, size_t was)
{
	MDB_envinfo info;
	int rc;

	(void)pthread_rwlock_wrlock(&ix->map);
	if ((rc = mdb_env_info(ix->env, &info)) == 0 &&
	    (was == 0 || info.me_mapsize == was))
		rc = mdb_env_set_mapsize(ix->env, 2 * was);
	(void)pthread_rwlock_unlock(&ix->map);
	return rc;
}

int
index_begin(struct index *ix, unsigned flags, struct MDB_txn **txn)
{
	int rc;

	for (;;) {
		(void)pthread_rwlock_rdlock(&ix->map);
		rc = mdb_txn_begin(ix->env, NULL, flags, txn);
		if (rc == 0)
			return 0;
		(void)pthread_rwlock_unlock(&ix->map);
		if (rc != MDB_MAP_RESIZED)
			return rc;
		if ((rc = map_grow(ix, 0)) != 0)
			return rc;
	}
}

void
index_end(struct index *ix, struct MDB_txn *txn)
{
	mdb_txn_abort(txn);
	(void)pthread_rwlock_unlock(&ix->map);
}

static int
commit(struct index *ix, MDB_txn *txn)
{
	int rc = mdb_txn_commit(txn);

	(void)pthread_rwlock_unlock(&ix->map);
	return rc;
}

int
index_change(struct index *ix, index_change_fn fn, void *what)
{
	MDB_envinfo info;
	struct MDB_txn *txn;
	int rc;

	for (;;) {
		if ((rc = index_begin(ix, 0, &txn)) != 0)
			return rc;
		/* it looks into the map, which stays as it is in here */
		if ((rc = mdb_env_info(ix->env, &info)) == 0 &&
		    (rc = fn(ix, txn, what)) == 0)
			rc = commit(ix, txn);
		else
			index_end(ix, txn);
		if (rc != MDB_MAP_FULL)
			return rc;
		if ((rc = map_grow(ix, info.me_mapsize)) != 0)
			return rc;
	}
}

void
index_put_number(unsigned char p[4], unsigned v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (unsigned char)(v >> (24 - 8 * i));
}

unsigned
index_get_number(const unsigned char p[4])
{
	return (unsigned)p[0] << 24 | (unsigned)p[1] << 16 |
	    (unsigned)p[2] << 8 | p[3];
}

static MDB_val
val(const void *p, size_t n)
{
	return (MDB_val){ n, (void *)(uintptr_t)p };	/* LMDB only reads */
}

static int
make_meta(struct index *ix, MDB_txn *txn, const char *store)
{
	uint8_t version[4], next[4];
	const MDB_val pairs[3][2] = {
		{ val("store", 5), val(store, strlen(store)) },
		{ val("version", 7), val(version, 4) },
		{ val("next", 4), val(next, 4) },
	};
	int rc = 0;

	index_put_number(version, INDEX_VERSION);
	index_put_number(next, 1);
	for (int i = 0; i < 3 && rc == 0; i++) {
		MDB_val key = pairs[i][0], value = pairs[i][1];

		rc = mdb_put(txn, ix->meta, &key, &value, 0);
	}
	return rc;
}

/* 0, or MDB_INVALID when it is another store's or another version's. */
static int
check_meta(struct index *ix, MDB_txn *txn, const char *store)
{
	MDB_val key = val("store", 5), value;
	MDB_stat st;
	int rc;

	if ((rc = mdb_stat(txn, ix->meta, &st)) != 0)
		return rc;
	if (st.ms_entries == 0)
		return make_meta(ix, txn, store);
	if ((rc = mdb_get(txn, ix->meta, &key, &value)) != 0)
		return rc;
	if (value.mv_size != strlen(store) ||
	    memcmp(value.mv_data, store, value.mv_size) != 0)
		return MDB_INVALID;
	key = val("version", 7);
	if ((rc = mdb_get(txn, ix->meta, &key, &value)) != 0)
		return rc;
	if (value.mv_size != 4 ||
	    index_get_number(value.mv_data) != INDEX_VERSION)
		return MDB_INVALID;
	return 0;
}

static int
open_databases(struct index *ix, const char *store)
{
	struct MDB_txn *txn;
	int rc;

	if ((rc = index_begin(ix, 0, &txn)) != 0)
		return rc;
	if ((rc = mdb_dbi_open(txn, "meta", MDB_CREATE, &ix->meta)) == 0 &&
	    (rc = mdb_dbi_open(txn, "chunks", MDB_CREATE | MDB_DUPSORT,
	    &ix->chunks)) == 0 &&
	    (rc = mdb_dbi_open(txn, "packs", MDB_CREATE, &ix->packs)) == 0 &&
	    (rc = mdb_dbi_open(txn, "names", MDB_CREATE, &ix->names)) == 0)
		rc = check_meta(ix, txn, store);
	if (rc == 0)
		return commit(ix, txn);
	index_end(ix, txn);
	return rc;
}

/* A file shorter than its own meta page says would be a bus error later. */
static int
check_file(const struct index *ix)
{
	MDB_envinfo info;
	MDB_stat st;
	struct stat file;
	int fd, rc;

	if ((rc = mdb_env_info(ix->env, &info)) != 0 ||
	    (rc = mdb_env_stat(ix->env, &st)) != 0 ||
	    (rc = mdb_env_get_fd(ix->env, &fd)) != 0)
		return rc;
	if (fstat(fd, &file) == -1)
		return errno;
	if (st.ms_psize < 512 || st.ms_psize > 65536)
		return MDB_INVALID;
	if (info.me_last_pgno >= (uint64_t)file.st_size / st.ms_psize)
		return MDB_INVALID;
	return 0;
}

/*
 * LMDB makes the file of its readers as one hole and maps it: on a full disk
 * the first write into it would be a bus error.  With room in it from the
 * start, that is an error like others.
 */
static int
reserve_locks(const struct index *ix)
{
	char path[PATH_MAX];
	struct err none;
	int fd, rc;

	if (file_path(ix->folder, "lock.mdb", path, &none) == -1)
		return ENAMETOOLONG;
	if ((fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600)) == -1)
		return errno;
	do
		rc = posix_fallocate(fd, 0, INDEX_LOCKS);
	while (rc == EINTR);
	(void)close(fd);	/* nothing was written */
	return rc;
}

static int
open_files(struct index *ix, const struct index_options *o)
{
	size_t map = o->map != 0 ? o->map : INDEX_MAP;
	int dead, rc;

	if ((rc = reserve_locks(ix)) != 0 ||
	    (rc = mdb_env_create(&ix->env)) != 0)
		return rc;
	if ((rc = mdb_env_set_maxdbs(ix->env, 4)) != 0 ||
	    (rc = mdb_env_set_maxreaders(ix->env, INDEX_READERS)) != 0 ||
	    (rc = mdb_env_set_mapsize(ix->env, map)) != 0 ||
	    (rc = mdb_env_open(ix->env, ix->folder,
	    MDB_NOTLS | MDB_NOMETASYNC, 0600)) != 0 ||
	    (rc = check_file(ix)) != 0 ||
	    (rc = mdb_reader_check(ix->env, &dead)) != 0 ||
	    (rc = open_databases(ix, o->store)) != 0) {
		mdb_env_close(ix->env);
		ix->env = NULL;
	}
	return rc;
}

static int
throw_away(const struct index *ix, struct err *e)
{
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (file_path(ix->folder, files[i], path, e) == -1)
			return -1;
		if (unlink(path) == -1 && errno != ENOENT)
			return err_sys(e, "cannot remove damaged %s", path);
	}
	return 0;
}

/* Trouble that a fresh index would have as well. */
static bool
is_system(int rc)
{
	return rc == ENOSPC || rc == EACCES || rc == EPERM || rc == EROFS ||
	    rc == EMFILE || rc == ENFILE || rc == EIO || rc == EDQUOT ||
	    (rc == EFBIG && !is_nonsense(rc));
}

static int
open_locked(struct index *ix, const struct index_options *o, struct err *e)
{
	char path[PATH_MAX], unsynced[PATH_MAX];
	int rc;

	if (file_path(ix->folder, "damaged", path, e) == -1)
		return -1;
	if (file_path(ix->folder, "unsynced", unsynced, e) == -1)
		return -1;
	if ((file_exists(path) || is_unsynced(unsynced)) &&
	    throw_away(ix, e) == -1)
		return -1;
	index_crash_watch(path);
	if ((rc = open_files(ix, o)) == 0)
		return 0;
	if (!is_system(rc)) {
		if (throw_away(ix, e) == -1)
			return -1;
		rc = open_files(ix, o);
	}
	return rc == 0 ? 0 : index_trouble(ix, rc, "open", e);
}

struct index *
index_open(const struct index_options *o, struct err *e)
{
	struct index *ix;
	struct lock *lock = NULL;
	char path[PATH_MAX];
	int rc = -1;

	if ((ix = calloc(1, sizeof(*ix))) == NULL) {
		(void)err_memory(e);
		return NULL;
	}
	(void)pthread_rwlock_init(&ix->map, NULL);
	if ((ix->folder = strdup(o->folder)) == NULL) {
		(void)err_memory(e);
		goto done;
	}
	if (file_mkdirs(o->folder, 0700, e) == -1 ||
	    file_path(o->folder, "open.lock", path, e) == -1 ||
	    (lock = lock_take(path, OPEN_WAIT, e)) == NULL)
		goto done;
	rc = open_locked(ix, o, e);
done:
	lock_free(lock);
	if (rc == -1) {
		index_close(ix);
		ix = NULL;
	}
	return ix;
}

void
index_close(struct index *ix)
{
	char path[PATH_MAX];
	struct err none;

	if (ix == NULL)
		return;
	if (ix->env != NULL)
		mdb_env_close(ix->env);
	if (ix->folder != NULL &&
	    file_path(ix->folder, "damaged", path, &none) == 0)
		index_crash_forget(path);
	lock_free(ix->hurry);
	(void)pthread_rwlock_destroy(&ix->map);
	free(ix->folder);
	free(ix);
}
