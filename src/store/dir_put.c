/*
 * Puts an object into a directory, durably and whole or not at all.
 *
 *	part_open     .tmp/put-<random>, made new, flocked while we live
 *	part_write    bytes, mode 0400, fsync
 *	part_place    renamed to its name, never over an existing one
 *	fsync         of the folder: the name is durable
 *
 * Invariants
 *  1. A file of an object's name is complete and was fsynced under another
 *     name before.
 *  2. An object's file is never written, renamed or replaced.
 *  3. When put says PUT or EXISTED, every folder on the way to the name was
 *     fsynced after the next part had been made in it: by us, in this process,
 *     whoever made the part (he may have been killed before his fsync).
 *  4. A file in .tmp whose lock is free belongs to nobody: a maker locks its
 *     file before it writes, then looks whether it still has its name, and
 *     keeps it locked until the name has gone.  The first put of every
 *     process removes such files.
 */
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/num.h"
#include "store/beneath.h"
#include "store/dir_put.h"
#include "store/dir_fill.h"
#include "store/direct.h"

#define TMP ".tmp"
#define PART_PREFIX "put-"
#define PART_RANDOM 16
#define PART_NAME_SIZE (sizeof(PART_PREFIX) + 2 * PART_RANDOM)
#define PART_TRIES 16

/* A file on its way to become an object. */
struct part {
	int	fd;
	char	name[PART_NAME_SIZE];	/* in .tmp; "" when it has none */
};

int
dir_put_init(struct dir_put *p, int root, struct err *e)
{
	*p = (struct dir_put){ .root = root, .tmp = -1 };
	if ((errno = pthread_mutex_init(&p->mutex, NULL)) != 0)
		return err_sys(e, "make a mutex");
	return 0;
}

void
dir_put_drop(struct dir_put *p)
{
	size_t i;

	for (i = 0; i < p->n_known; i++)
		free(p->known[i]);
	fd_drop(&p->tmp);
	(void)pthread_mutex_destroy(&p->mutex);
}

static bool
is_part_name(const char *name)
{
	return strlen(name) == PART_NAME_SIZE - 1 &&
	    strncmp(name, PART_PREFIX, strlen(PART_PREFIX)) == 0;
}

/* Remove the part if its maker is dead; if not sure, it may stay. */
static void
sweep_one(int tmp, const char *name)
{
	int fd;

	/* writable first: NFS gives an exclusive lock to no reader */
	fd = openat(tmp, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1)
		fd = openat(tmp, name,
		    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1)
		return;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		(void)unlinkat(tmp, name, 0);	/* the next sweep tries again */
	fd_drop(&fd);
}

/* A leftover costs space and nothing else, so that this cannot fail. */
static void
sweep(int tmp)
{
	struct dirent *d;
	DIR *dir;
	int fd;

	if ((fd = openat(tmp, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
		return;
	if ((dir = fdopendir(fd)) == NULL) {
		fd_drop(&fd);
		return;
	}
	while ((d = readdir(dir)) != NULL)
		if (is_part_name(d->d_name))
			sweep_one(tmp, d->d_name);
	(void)closedir(dir);		/* it was only read */
}

/* Before the first put: .tmp, swept.  The mutex is held. */
static int
tmp_open(struct dir_put *p, struct err *e)
{
	if (p->tmp != -1)
		return 0;
	if (mkdirat(p->root, TMP, 0700) == -1 && errno != EEXIST)
		return beneath_error(e, "make " TMP);
	p->tmp = beneath_open(p->root, TMP, O_RDONLY | O_DIRECTORY, e);
	if (p->tmp == -1)
		return err_add(e, TMP);
	sweep(p->tmp);
	return 0;
}

static bool
is_known(const struct dir_put *p, const char *folder)
{
	size_t i;

	for (i = 0; i < p->n_known; i++)
		if (strcmp(p->known[i], folder) == 0)
			return true;
	return false;
}

/* Not remembering one costs some fsyncs later, nothing else. */
static void
remember(struct dir_put *p, const char *folder)
{
	if (p->n_known == DIR_PUT_KNOWN_MAX || is_known(p, folder))
		return;
	if ((p->known[p->n_known] = strdup(folder)) != NULL)
		p->n_known++;
}

/* Open the folder's part, made if absent, its name durable in the parent. */
static int
folder_enter(int parent, const char *part, struct err *e)
{
	if (mkdirat(parent, part, 0700) == -1 && errno != EEXIST)
		return beneath_error(e, "make folder");
	if (fd_sync(parent, e) == -1)
		return -1;
	return beneath_open(parent, part, O_RDONLY | O_DIRECTORY, e);
}

/* Walk down to the folder as invariant 3 asks for; the mutex is held. */
static int
folder_make(struct dir_put *p, const char *folder, struct err *e)
{
	char path[STORE_NAME_MAX], *part, *next;
	int fd = -1, child = -1;

	(void)snprintf(path, sizeof(path), "%s", folder);
	if ((fd = beneath_open(p->root, ".", O_RDONLY | O_DIRECTORY, e)) == -1)
		return -1;
	for (part = path; part != NULL; part = next) {
		if ((next = strchr(part, '/')) != NULL)
			*next++ = '\0';
		child = folder_enter(fd, part, e);
		fd_drop(&fd);
		if (child == -1)
			return err_add(e, "folder %s", path);
		fd = child;
	}
	remember(p, folder);
	return fd;
}

/* The folder of the object, with the name of the object in it. */
static int
folder_open(struct dir_put *p, const char *name, const char **base,
    struct err *e)
{
	char folder[STORE_NAME_MAX];
	const char *slash;
	int fd = -1;

	if ((slash = strrchr(name, '/')) == NULL)
		return beneath_open_parent(p->root, name, base, e);
	memcpy(folder, name, (size_t)(slash - name));
	folder[slash - name] = '\0';
	*base = slash + 1;

	if (is_known(p, folder))
		fd = beneath_open_parent(p->root, name, base, e);
	if (fd == -1)
		fd = folder_make(p, folder, e);
	return fd;
}

/* 1 when the object is there, 0 when not. */
static int
object_exists(int folder, const char *base, struct err *e)
{
	struct stat st;

	if (fstatat(folder, base, &st, AT_SYMLINK_NOFOLLOW) == -1) {
		if (errno == ENOENT)
			return 0;
		return beneath_error(e, "look whether it exists");
	}
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_EXISTS,
		    "something that is no object has its name");
	return 1;
}

/*
 * Make a file for the part and lock it.  Another process's sweep may come
 * between the two: then the file has no name any more, and we take a new one.
 */
static int
part_try(int tmp, struct part *t, struct err *e)
{
	uint8_t raw[PART_RANDOM];
	char hex[2 * PART_RANDOM + 1];
	struct stat st;

	if (getrandom(raw, sizeof(raw), 0) != (ssize_t)sizeof(raw))
		return err_sys(e, "get random bytes");
	(void)snprintf(t->name, sizeof(t->name), PART_PREFIX "%s",
	    num_hex(raw, sizeof(raw), hex));
	t->fd = openat(tmp, t->name,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (t->fd == -1) {
		t->name[0] = '\0';
		return beneath_error(e, "make a file in " TMP);
	}
	if (flock(t->fd, LOCK_EX | LOCK_NB) == -1) {
		if (errno == EWOULDBLOCK)
			return 0;
		return beneath_error(e, "lock the new file");
	}
	if (fstat(t->fd, &st) == -1)
		return beneath_error(e, "stat the new file");
	return st.st_nlink > 0 ? 1 : 0;
}

static void
part_drop(int tmp, struct part *t)
{
	if (t->name[0] != '\0')		/* if it fails, the sweep will do it */
		(void)unlinkat(tmp, t->name, 0);
	t->name[0] = '\0';
	fd_drop(&t->fd);
}

static int
part_open(int tmp, struct part *t, struct err *e)
{
	int tries, rc = 0;

	for (tries = 0; rc == 0 && tries < PART_TRIES; tries++) {
		part_drop(tmp, t);
		rc = part_try(tmp, t, e);
	}
	if (rc == 0)
		return err_set(e, ERR_SYSTEM, "new files in " TMP
		    " are removed by somebody again and again");
	return rc == -1 ? -1 : 0;
}

/* Bytes in memory, or who gives them. */
struct load {
	const uint8_t			*data;
	size_t				 len;
	const struct store_giver	*giver;
};

static int
part_write(struct part *t, const struct load *l, bool direct, struct err *e)
{
	size_t done = 0;

	if (l->giver != NULL) {
		if (dir_fill(t->fd, l->giver, direct, e) == -1)
			return -1;
	} else {
		if (direct)
			done = direct_write(t->fd, l->data, l->len);
		if (fd_write(t->fd, l->data + done, l->len - done, e) == -1)
			return -1;
	}
	if (fchmod(t->fd, 0400) == -1)
		return beneath_error(e, "set mode");
	return fd_sync(t->fd, e);
}

/*
 * Give the part its name unless there is one of that name.  Not every file
 * system knows RENAME_NOREPLACE (NFS does not); all that matter have links.
 */
static enum store_put_result
part_place(int tmp, struct part *t, int folder, const char *base,
    struct err *e)
{
	int there;

	if (renameat2(tmp, t->name, folder, base, RENAME_NOREPLACE) == 0) {
		t->name[0] = '\0';	/* it has its own name now */
		return STORE_PUT;
	}
	if (errno == EINVAL || errno == ENOSYS) {
		if (linkat(tmp, t->name, folder, base, 0) == 0)
			return STORE_PUT;
	}
	if (errno != EEXIST)
		return beneath_error(e, "rename into place");
	if ((there = object_exists(folder, base, e)) == 0)
		return err_set(e, ERR_CHANGED,
		    "it was put and removed by another at the same time");
	return there == 1 ? STORE_EXISTED : STORE_FAILED;
}

static enum store_put_result
put(const struct dir_put *p, int folder, const char *base,
    const struct load *l, struct err *e)
{
	struct part t = { .fd = -1 };
	enum store_put_result rc = STORE_FAILED;

	switch (object_exists(folder, base, e)) {
	case 0:
		break;
	case 1:
		rc = STORE_EXISTED;
		goto done;
	default:
		goto done;
	}
	if (part_open(p->tmp, &t, e) == -1 ||
	    part_write(&t, l, p->direct, e) == -1)
		goto done;
	rc = part_place(p->tmp, &t, folder, base, e);
done:
	/* its descriptor was synced, a close can lose nothing any more */
	part_drop(p->tmp, &t);
	/* the name must survive, too, whoever gave it */
	if (rc != STORE_FAILED && fd_sync(folder, e) == -1)
		rc = STORE_FAILED;
	return rc;
}

static enum store_put_result
put_load(struct dir_put *p, const char *name, const struct load *l,
    struct err *e)
{
	const char *base = NULL;
	enum store_put_result rc = STORE_FAILED;
	int folder = -1;

	(void)pthread_mutex_lock(&p->mutex);	/* fails only if misused */
	if (tmp_open(p, e) == 0)
		folder = folder_open(p, name, &base, e);
	(void)pthread_mutex_unlock(&p->mutex);
	if (folder == -1)
		return STORE_FAILED;
	rc = put(p, folder, base, l, e);
	fd_drop(&folder);
	return rc;
}

enum store_put_result
dir_put_object(struct dir_put *p, const char *name, const void *data,
    size_t len, struct err *e)
{
	return put_load(p, name, &(struct load){ data, len, NULL }, e);
}

enum store_put_result
dir_put_given(struct dir_put *p, const char *name,
    const struct store_giver *giver, struct err *e)
{
	return put_load(p, name, &(struct load){ NULL, 0, giver }, e);
}
