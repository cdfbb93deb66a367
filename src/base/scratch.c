/*
 * Throwaway folders that do not outlive their maker by more than one run.
 *
 * 1. The folder itself is flocked until it is gone or its maker is dead: a
 *    folder whose lock is free was left behind.
 * 2. Who sweeps takes the lock first.  So a maker whom a sweeper overtook
 *    between mkdir and flock finds the lock taken or the folder unlinked, and
 *    makes another one; and two sweepers cannot meet in a folder.
 * 3. Whose process it is, says its environment, which it hands on to all that
 *    it starts: when a run is killed, its children die, but not theirs.
 * 4. A process is killed through a pidfd opened before its environment was
 *    read: a number that was given to somebody else harms nobody.
 */
#include <sys/file.h>
#include <sys/pidfd.h>
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/num.h"
#include "base/scratch.h"

#define PREFIX "muster-scratch-"
#define MARK "MUSTER_SCRATCH="
#define DEATH_MS 10000
#define LOOK_MS 10
#define ROUNDS_MAX 100
#define ENVIRON_MAX ((size_t)16 << 20)

struct scratch {
	char	*path;
	int	 dir;		/* open, and holds the lock */
};

/* Is `MUSTER_SCRATCH=<path>` one of the strings in this environment? */
static bool
names_folder(const struct buf *environment, const char *path)
{
	const char *p = (const char *)environment->data;
	size_t left = environment->len, mark = strlen(MARK), n;

	while (left > 0) {
		n = strnlen(p, left);
		if (n == mark + strlen(path) &&
		    memcmp(p, MARK, mark) == 0 &&
		    memcmp(p + mark, path, n - mark) == 0)
			return true;
		if (n == left)
			break;
		p += n + 1;
		left -= n + 1;
	}
	return false;
}

static bool
belongs(pid_t pid, const char *path)
{
	char name[64];
	struct buf b;
	struct err absent;
	bool yes;

	buf_init(&b, ENVIRON_MAX);
	(void)snprintf(name, sizeof(name), "/proc/%d/environ", (int)pid);
	/* Gone, or not ours to look at: not ours to kill. */
	yes = file_load(name, &b, &absent) == 0 && names_folder(&b, path);
	buf_drop(&b);
	return yes;
}

/* The same without a pidfd: a kernel that has none has to be asked again. */
static bool
kill_by_number(pid_t pid, const char *path)
{
	int waited;

	if (!belongs(pid, path) || kill(pid, SIGKILL) == -1)
		return false;
	for (waited = 0; waited < DEATH_MS && belongs(pid, path);
	    waited += LOOK_MS)
		(void)poll(NULL, 0, LOOK_MS);
	return waited < DEATH_MS;
}

/* True when it was the folder's and is dead now. */
static bool
kill_one(pid_t pid, const char *path)
{
	struct pollfd p = { .events = POLLIN };
	int fd;
	bool killed = false;

	if ((fd = pidfd_open(pid, 0)) == -1)
		return errno == ENOSYS && kill_by_number(pid, path);
	if (belongs(pid, path) &&
	    pidfd_send_signal(fd, SIGKILL, NULL, 0) == 0) {
		/* Its files must be closed before we remove them. */
		p.fd = fd;
		killed = poll(&p, 1, DEATH_MS) == 1;
	}
	fd_drop(&fd);
	return killed;
}

/* Kill the folder's processes that there are now: how many. */
static size_t
kill_round(const char *path)
{
	const struct dirent *entry;
	struct err none;
	uint64_t pid;
	size_t n = 0;
	DIR *d;

	if ((d = opendir("/proc")) == NULL)
		return 0;
	while ((entry = readdir(d)) != NULL)
		if (num_parse(entry->d_name, 2, INT_MAX, &pid, &none) == 0 &&
		    (pid_t)pid != getpid())
			n += kill_one((pid_t)pid, path);
	(void)closedir(d);		/* it was only read */
	return n;
}

/* Until there is none: one may have started another just before it died. */
static void
kill_all(const char *path)
{
	int rounds = ROUNDS_MAX;

	while (rounds-- > 0 && kill_round(path) > 0)
		;
}

/* Was this folder left behind?  Then its lock is ours now. */
static bool
is_left(int dir)
{
	struct stat st;

	return fstat(dir, &st) == 0 &&
	    (st.st_uid == geteuid() || geteuid() == 0) &&
	    flock(dir, LOCK_EX | LOCK_NB) == 0;
}

/* 1 when it was removed, 0 when it is somebody's, -1 when it resists. */
static int
sweep_one(int parent, const char *parent_path, const char *name,
    struct err *e)
{
	char path[PATH_MAX];
	int dir = -1;
	int rc = 0;

	if (snprintf(path, sizeof(path), "%s/%s", parent_path, name) >=
	    (int)sizeof(path))
		return err_set(e, ERR_INPUT, "path too long");
	dir = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
	    O_CLOEXEC);
	if (dir == -1 || !is_left(dir))
		goto done;	/* gone, no folder of ours, or in use */
	kill_all(path);
	rc = file_remove_tree(path, e) == -1 ? -1 : 1;
done:
	fd_drop(&dir);
	return rc;
}

int
scratch_sweep(const char *parent, struct err *e)
{
	const struct dirent *entry;
	char *absolute = NULL;
	DIR *d = NULL;
	bool failed = false;
	int n = 0, one;
	int rc = -1;

	if ((absolute = realpath(parent, NULL)) == NULL ||
	    (d = opendir(absolute)) == NULL) {
		(void)err_sys(e, "open %s", parent);
		goto done;
	}
	while ((entry = readdir(d)) != NULL) {
		if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)) != 0)
			continue;
		one = sweep_one(dirfd(d), absolute, entry->d_name, e);
		failed = failed || one == -1;	/* the others still go */
		n += one == 1;
	}
	rc = failed ? -1 : n;
done:
	if (rc == -1)
		(void)err_add(e, "cannot sweep old scratch folders");
	if (d != NULL)
		(void)closedir(d);
	free(absolute);
	return rc;
}

/*
 * Make the folder and lock it: 1, or 0 when a sweeper was faster (rule 2),
 * or -1.
 */
static int
make(struct scratch *s, const char *parent, struct err *e)
{
	struct stat st;

	if (asprintf(&s->path, "%s/%sXXXXXX", parent, PREFIX) == -1) {
		s->path = NULL;
		return err_memory(e);
	}
	if (mkdtemp(s->path) == NULL) {
		(void)err_sys(e, "make folder");
		free(s->path);
		s->path = NULL;	/* not ours to remove */
		return -1;
	}
	s->dir = open(s->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
	    O_CLOEXEC);
	if (s->dir == -1 && errno != ENOENT)
		return err_sys(e, "open folder");
	if (s->dir != -1 && flock(s->dir, LOCK_EX | LOCK_NB) == 0) {
		if (fstat(s->dir, &st) == -1)
			return err_sys(e, "stat folder");
		if (st.st_nlink > 0)
			return 1;
	} else if (s->dir != -1 && errno != EWOULDBLOCK)
		return err_sys(e, "lock folder");
	fd_drop(&s->dir);
	free(s->path);
	s->path = NULL;
	return 0;
}

struct scratch *
scratch_new(const char *parent, struct err *e)
{
	struct scratch *s = NULL;
	struct err left;
	char *absolute = NULL;
	int made;

	/* What cannot be removed must not keep us from working. */
	(void)scratch_sweep(parent, &left);
	if ((s = malloc(sizeof(*s))) == NULL) {
		(void)err_memory(e);
		goto done;
	}
	*s = (struct scratch){ .path = NULL, .dir = -1 };
	if ((absolute = realpath(parent, NULL)) == NULL) {
		(void)err_sys(e, "open");
		goto done;
	}
	while ((made = make(s, absolute, e)) == 0)
		;
	if (made == -1)
		goto done;
	free(absolute);
	return s;
done:
	(void)err_add(e, "cannot make a scratch folder in %s", parent);
	free(absolute);
	scratch_free(s);
	return NULL;
}

const char *
scratch_path(const struct scratch *s)
{
	return s->path;
}

void
scratch_free(struct scratch *s)
{
	struct err left;

	if (s == NULL)
		return;
	if (s->path != NULL) {
		kill_all(s->path);
		/* What resists is the next sweep's. */
		(void)file_remove_tree(s->path, &left);
	}
	fd_drop(&s->dir);
	free(s->path);
	free(s);
}
