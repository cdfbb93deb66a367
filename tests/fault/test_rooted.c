/*
 * Paths in a root, by a kernel with openat2 and by one without: both must find
 * the same, whatever the tree.  And without: what cannot be asked of a kernel
 * on purpose (races, calls that fail), and a real seccomp filter.
 * wrap: syscall openat __openat_2 fstat fstatat fstatfs readlinkat
 *
 * Mutants of rooted.c, each caught here: ".." by openat(.., ".."); at the root
 * ".." fails; absolute links from where they are; 39 or 41 links; a link of
 * procfs followed; the last link followed in spite of O_NOFOLLOW; "link/" not;
 * "." of a folder that cannot be searched; descriptors kept.
 */
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/beneath.h"
#include "base/rooted.h"

static int openat2_fails;		/* with this errno, or 0 */
static int fail_at, calls;		/* this call fails with EIO */
static void (*meanwhile)(void);		/* just before ".." is walked */

long	__wrap_syscall(long, long, long, long, long);
long	__real_syscall(long, ...);
long
__wrap_syscall(long n, long a, long b, long c, long d)
{
	if (n == SYS_openat2 && openat2_fails != 0) {
		errno = openat2_fails;
		return -1;
	}
	return __real_syscall(n, a, b, c, d);
}

static bool
fails(void)
{
	if (++calls != fail_at)
		return false;
	errno = EIO;
	return true;
}

int	__wrap_openat(int, const char *, int, int);
int	__real_openat(int, const char *, int, int);
int
__wrap_openat(int fd, const char *name, int flags, int mode)
{
	return fails() ? -1 : __real_openat(fd, name, flags, mode);
}

/* What openat() is in a fortified build, with flags known late. */
int	__wrap___openat_2(int, const char *, int);
int
__wrap___openat_2(int fd, const char *name, int flags)
{
	return __wrap_openat(fd, name, flags, 0);
}

int	__wrap_fstat(int, struct stat *);
int	__real_fstat(int, struct stat *);
int
__wrap_fstat(int fd, struct stat *st)
{
	return fails() ? -1 : __real_fstat(fd, st);
}

int	__wrap_fstatat(int, const char *, struct stat *, int);
int	__real_fstatat(int, const char *, struct stat *, int);
int
__wrap_fstatat(int fd, const char *name, struct stat *st, int flags)
{
	if (meanwhile != NULL)
		meanwhile();
	return fails() ? -1 : __real_fstatat(fd, name, st, flags);
}

int	__wrap_fstatfs(int, struct statfs *);
int	__real_fstatfs(int, struct statfs *);
int
__wrap_fstatfs(int fd, struct statfs *fs)
{
	return fails() ? -1 : __real_fstatfs(fd, fs);
}

ssize_t	__wrap_readlinkat(int, const char *, char *, size_t);
ssize_t	__real_readlinkat(int, const char *, char *, size_t);
ssize_t
__wrap_readlinkat(int fd, const char *name, char *text, size_t size)
{
	return fails() ? -1 : __real_readlinkat(fd, name, text, size);
}

static char top[64];
static int folder;

/* What leads out is there to be found: "out", "secret", /etc/passwd. */
static const char tree[] =
    "set -e; mkdir -p in/a/b/c in/etc in/closed/d; echo out >out;"
    "echo secret >secret; echo file >in/a/b/file; echo etc >in/etc/passwd;"
    "echo in >in/secret; echo -n >in/empty; cd in; chmod 711 a;"
    "ln -s a link; ln -s a/b/file to-file; ln -s /a/b/file absolute;"
    "ln -s / root; ln -s .. up; ln -s ../../../.. far-up; ln -s ../out leave;"
    "ln -s /../../../out leave-absolute; ln -s /etc/passwd etc-passwd;"
    "ln -s self self; ln -s pong ping; ln -s ping pong; ln -s nowhere dead;"
    "ln -s /nowhere dead-absolute; ln -s a/b/file/ file-slash;"
    "ln -s a/b/ folder-slash; ln -s link link2; ln -s link2/b/../b link3;"
    "ln -s ../../../link a/b/c/back; ln -s //a//./b// slashes;"
    "ln -s /secret a/b/top; ln -s . here; ln -s ./. a/dot;"
    "ln -s b/../../secret a/crossing;"
    "ln -s ../../a/b/c/../../../secret a/b/zigzag; mkfifo fifo;"
    "ln -s fifo to-fifo; ln -s up/up/up/etc/passwd ups; ln -s a/.. a-up;"
    "ln -s /proc/self/cwd cwd; ln -s \"$(printf '%0255d' 0)\" long;"
    "ln -s \"$(printf '%0256d' 0)\" longer; n=0; ln -s ../secret a/s40;"
    "while [ $n -lt 40 ]; do ln -s s$((40 - n)) a/s$((39 - n));"
    " n=$((n + 1)); done; chmod 0 closed";

static int
set_up(void **state)
{
	(void)state;
	(void)strcpy(top, "/tmp/muster-rooted.XXXXXX");
	if (mkdtemp(top) == NULL || chdir(top) == -1 || system(tree) != 0)
		return -1;
	folder = open("in", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return folder == -1 ? -1 : 0;
}

static int
tear_down(void **state)
{
	char command[256];

	(void)state;
	(void)snprintf(command, sizeof(command),
	    "chmod 700 %s/in/closed; rm -rf %s", top, top);
	return chdir("/") == 0 && system(command) == 0 ? 0 : -1;
}

static unsigned
descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned n = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	assert_int_equal(closedir(d), 0);
	return n;
}

struct found {
	int	sys;			/* errno, or 0 and: */
	dev_t	dev;
	ino_t	ino;
	int	flags;
};

static struct found
find(int root, const char *path, int flags)
{
	struct found f = { 0 };
	struct stat st;
	int fd = beneath_open_rooted(root, path, flags);

	if (fd == -1) {
		f.sys = errno;
		return f;
	}
	assert_int_equal(__real_fstat(fd, &st), 0);
	assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
	f.dev = st.st_dev;
	f.ino = st.st_ino;
	f.flags = fcntl(fd, F_GETFL) & (O_ACCMODE | O_PATH | O_NONBLOCK);
	assert_int_equal(close(fd), 0);
	return f;
}

static bool
alike(int root, const char *path, int flags, struct found *f)
{
	struct found with;

	openat2_fails = 0;
	with = find(root, path, flags);
	openat2_fails = ENOSYS;
	*f = find(root, path, flags);
	openat2_fails = 0;
	if (with.sys == f->sys && with.dev == f->dev && with.ino == f->ino &&
	    with.flags == f->flags)
		return true;
	print_error("\"%.200s\", flags %o: %s with openat2, %s without\n",
	    path, (unsigned)flags, strerror(with.sys), strerror(f->sys));
	return false;
}

/* With openat2 and without: the same, which is told. */
static struct found
both(int root, const char *path, int flags)
{
	struct found f;

	assert_true(alike(root, path, flags, &f));
	return f;
}

/* What is at that path of the host's, with lstat. */
static bool
is_at(const struct found *f, const char *host)
{
	struct stat st;

	return __real_fstatat(AT_FDCWD, host, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    f->sys == 0 && f->dev == st.st_dev && f->ino == st.st_ino;
}

static void
what_is_there_is_found_and_nothing_leads_out(void **state)
{
	static const struct {
		const char	*path, *host;
		int		 flags, sys;
	} rows[] = {
		{ "/a/b/file", "in/a/b/file", O_RDONLY, 0 },
		{ "link/b/file", "in/a/b/file", O_RDONLY, 0 },
		{ "absolute", "in/a/b/file", O_RDONLY, 0 },
		{ "/", "in", O_RDONLY, 0 },
		{ "..", "in", O_PATH, 0 },
		{ "../../..", "in", O_RDONLY | O_DIRECTORY, 0 },
		{ "../out", NULL, O_RDONLY, ENOENT },
		{ "../secret", "in/secret", O_RDONLY, 0 },
		{ "leave", NULL, O_RDONLY, ENOENT },
		{ "leave-absolute", NULL, O_PATH, ENOENT },
		{ "etc-passwd", "in/etc/passwd", O_RDONLY, 0 },
		{ "root/root/etc/passwd", "in/etc/passwd", O_PATH, 0 },
		{ "up/far-up/up", "in", O_PATH, 0 },
		{ "ups", "in/etc/passwd", O_RDONLY, 0 },
		{ "a/crossing", "in/secret", O_RDONLY, 0 },
		{ "a/b/zigzag", "in/secret", O_RDONLY, 0 },
		{ "a/b/top", "in/secret", O_RDONLY, 0 },
		{ "a/b/c/back/b/c/back/b", "in/a/b", O_PATH, 0 },
		{ "link3/c", "in/a/b/c", O_PATH, 0 },
		{ "slashes", "in/a/b", O_RDONLY, 0 },
		{ "link", "in/link", O_PATH | O_NOFOLLOW, 0 },
		{ "link/", "in/a", O_PATH | O_NOFOLLOW, 0 },
		{ "link2/", "in/a", O_PATH | O_NOFOLLOW, 0 },
		{ "link", NULL, O_RDONLY | O_NOFOLLOW, ELOOP },
		{ "file-slash", NULL, O_RDONLY, ENOTDIR },
		{ "to-file/", NULL, O_PATH, ENOTDIR },
		{ "self", NULL, O_RDONLY, ELOOP },
		{ "ping/x", NULL, O_PATH, ELOOP },
		{ "dead", NULL, O_RDONLY, ENOENT },
		{ "", NULL, O_RDONLY, ENOENT },
		{ "a/s1", "in/secret", O_RDONLY, 0 },	/* 40 links */
		{ "a/s0", NULL, O_RDONLY, ELOOP },	/* 41 */
	};
	struct found f;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		f = both(folder, rows[i].path, rows[i].flags);
		if (f.sys != rows[i].sys || (f.sys == 0 &&
		    !is_at(&f, rows[i].host)))
			fail_msg("\"%s\": %s", rows[i].path, f.sys == 0 ?
			    "something else" : strerror(f.sys));
	}
}

static const char *const parts[] = { "", ".", "..", "/", "a", "b", "c", "file",
    "link", "to-file", "absolute", "root", "up", "far-up", "leave",
    "leave-absolute", "etc-passwd", "self", "ping", "dead", "dead-absolute",
    "file-slash", "folder-slash", "link2", "link3", "a/b/c/back", "slashes",
    "here", "a/dot", "a/crossing", "zigzag", "fifo", "to-fifo", "ups", "a-up",
    "long", "longer", "closed", "d", "empty", "s39", "s1", "s0", "secret",
    "out", "none", "etc", "cwd" };

static void
any_three_parts_lead_to_the_same(void **state)
{
	static const int flags[] = { O_RDONLY | O_NONBLOCK, O_PATH,
	    O_PATH | O_NOFOLLOW, O_PATH | O_DIRECTORY, O_PATH | O_DIRECTORY |
	    O_NOFOLLOW, O_RDONLY | O_DIRECTORY, O_RDONLY | O_NOFOLLOW |
	    O_NONBLOCK, O_RDWR | O_NONBLOCK, O_WRONLY | O_NONBLOCK };
	static const char *const ends[] = { "", "/", "//.", "/.." };
	const size_t n = sizeof(parts) / sizeof(parts[0]);
	const unsigned before = descriptors();
	char path[1024];
	size_t i, j, k;

	(void)state;
	for (i = 0; i < n * n * n; i += 5) {
		j = i / n % n;
		k = i / n / n;
		(void)snprintf(path, sizeof(path), "%s%s%s%s%s%s", parts[i % n],
		    j == 0 ? "" : "/", parts[j], k == 0 ? "" : "/", parts[k],
		    ends[i % 4]);
		(void)both(folder, path, flags[i % 9]);
		(void)both(folder, path, flags[i / 2 % 9]);
	}
	assert_int_equal(descriptors(), before);
}

static void
lengths_are_bounded_alike(void **state)
{
	static char path[2 * PATH_MAX];
	struct found f;
	size_t i, n;

	(void)state;
	for (n = PATH_MAX - 3; n < PATH_MAX + 3; n++) {
		memset(path, '/', n);
		path[n - 1] = 'a';
		path[n] = '\0';
		f = both(folder, path, O_PATH);
		assert_int_equal(f.sys, n < PATH_MAX ? 0 : ENAMETOOLONG);
	}
	for (n = NAME_MAX - 1; n < NAME_MAX + 3; n++) {
		memset(path, 'x', n);
		path[n] = '\0';
		f = both(folder, path, O_PATH);
		assert_int_equal(f.sys, n <= NAME_MAX ? ENOENT : ENAMETOOLONG);
	}
	/* Going down and up again holds little, however long it is. */
	for (i = 0; i + 10 < PATH_MAX; i += 10)
		memcpy(path + i, "a/b/../../", 11);
	f = both(folder, path, O_PATH);
	assert_true(is_at(&f, "in"));
}

static void
what_is_too_deep_is_refused(void **state)
{
	char path[4 * ROOTED_DEEP + 8] = "", text[PATH_MAX];
	const unsigned before = descriptors();
	int at, next, i;

	(void)state;
	assert_int_equal(mkdir("in/deep", 0700), 0);
	at = open("in/deep", O_PATH | O_DIRECTORY);
	(void)strcat(path, "deep");
	for (i = 1; i <= ROOTED_DEEP; i++) {
		assert_int_equal(mkdirat(at, "d", 0700), 0);
		next = __real_openat(at, "d", O_PATH | O_DIRECTORY, 0);
		assert_int_equal(close(at), 0);
		at = next;
		(void)strcat(path, "/d");
	}
	assert_int_equal(mkdirat(at, "d", 0700), 0);
	assert_int_equal(close(at), 0);
	(void)both(folder, path, O_PATH);	/* ROOTED_DEEP on the way */
	(void)strcat(path, "/d");
	openat2_fails = ENOSYS;
	assert_int_equal(find(folder, path, O_PATH).sys, ENAMETOOLONG);
	/* A link's text, and what comes after it, are too long together. */
	memset(text, '/', sizeof(text));
	(void)strcpy(text + PATH_MAX - 100, "a");
	assert_int_equal(symlink(text, "in/wide"), 0);
	memset(text, '/', sizeof(text));
	(void)memcpy(text, "wide", 4);
	(void)strcpy(text + 4 + 97, "b");
	assert_int_equal(find(folder, text, O_PATH).sys, 0);
	(void)strcpy(text + 4 + 97, "/b");
	assert_int_equal(find(folder, text, O_PATH).sys, ENAMETOOLONG);
	openat2_fails = 0;
	assert_int_equal(descriptors(), before);
}

static void
magic_links_lead_nowhere(void **state)
{
	int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	char path[64];

	(void)state;
	assert_int_not_equal(proc, -1);
	(void)snprintf(path, sizeof(path), "%d/cwd", (int)getpid());
	assert_int_equal(both(proc, path, O_PATH).sys, ELOOP);
	(void)snprintf(path, sizeof(path), "%d/root/etc", (int)getpid());
	assert_int_equal(both(proc, path, O_PATH).sys, ELOOP);
	(void)snprintf(path, sizeof(path), "%d/fd/%d", (int)getpid(), folder);
	assert_int_equal(both(proc, path, O_PATH).sys, ELOOP);
	(void)snprintf(path, sizeof(path), "%d/exe", (int)getpid());
	assert_int_equal(both(proc, path, O_PATH | O_NOFOLLOW).sys, 0);
	openat2_fails = ENOSYS;		/* not magic, but not told apart */
	assert_int_equal(find(proc, "self/stat", O_RDONLY).sys, ELOOP);
	openat2_fails = 0;
	assert_int_equal(close(proc), 0);
}

static void
move_b_out(void)
{
	(void)rename("in/a/b", "moved");
}

static void
a_folder_moved_out_meanwhile_does_not_lead_out(void **state)
{
	struct found f;

	(void)state;
	openat2_fails = ENOSYS;
	meanwhile = move_b_out;
	f = find(folder, "a/b/../../secret", O_RDONLY);
	assert_int_equal(access("moved", F_OK), 0);	/* it was */
	assert_true(is_at(&f, "in/secret"));
	assert_int_equal(rename("moved", "in/a/b"), 0);
	f = find(folder, "a/b/zigzag", O_RDONLY);
	assert_int_equal(access("moved", F_OK), 0);
	meanwhile = NULL;
	openat2_fails = 0;
	assert_int_equal(rename("moved", "in/a/b"), 0);
	assert_false(is_at(&f, "secret"));
}

static void
each_call_that_fails_is_told_and_nothing_is_kept(void **state)
{
	const unsigned before = descriptors();
	struct found f;
	int n = 0;

	(void)state;
	openat2_fails = ENOSYS;
	do {
		calls = 0;
		fail_at = ++n;
		f = find(folder, "link/b/../../root/absolute",
		    O_PATH);
		if (calls >= n)
			assert_int_equal(f.sys, EIO);
	} while (calls >= n);
	fail_at = 0;
	openat2_fails = 0;
	assert_true(is_at(&f, "in/a/b/file"));
	assert_int_equal(calls, 24);
	assert_int_equal(descriptors(), before);
}

/* As a user, for root may search any folder. */
static void
a_folder_that_cannot_be_searched_is_refused_alike(void **state)
{
	static const char *const paths[] = { "closed", "closed/", "closed/.",
	    "closed/..", "closed/d", "closed/../a", "closed/none", "a/..",
	    "a/b" };
	struct found f;
	int status;
	size_t i;
	pid_t pid = fork();

	(void)state;
	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		if (geteuid() == 0 && (chmod(top, 0711) == -1 ||
		    setgid(65534) == -1 || setuid(65534) == -1))
			_exit(2);
		for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
			if (!alike(folder, paths[i], O_PATH, &f) ||
			    f.sys != (i > 1 && i < 7 ? EACCES : 0))
				_exit(3);
		}
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static int
filter_openat2(unsigned answer)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | answer),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { 4, code };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == -1 ? -1 : 0;
}

/* What filters of containers answer: the older ones EPERM. */
static void
below_a_seccomp_filter_it_works(void **state)
{
	static const unsigned answers[] = { ENOSYS, EPERM };
	struct found f;
	int status;
	size_t i;
	pid_t pid;

	(void)state;
	for (i = 0; i < 2; i++) {
		if ((pid = fork()) == 0) {
			if (filter_openat2(answers[i]) == -1)
				_exit(2);
			f = find(folder, "absolute", O_RDONLY);
			if (!is_at(&f, "in/a/b/file"))
				_exit(3);
			f = find(folder, "closed/../a-up/ups", O_RDONLY);
			_exit(is_at(&f, "in/etc/passwd") ? 0 : 4);
		}
		assert_int_not_equal(pid, -1);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_there_is_found_and_nothing_leads_out),
		cmocka_unit_test(any_three_parts_lead_to_the_same),
		cmocka_unit_test(lengths_are_bounded_alike),
		cmocka_unit_test(what_is_too_deep_is_refused),
		cmocka_unit_test(magic_links_lead_nowhere),
		cmocka_unit_test(
		    a_folder_moved_out_meanwhile_does_not_lead_out),
		cmocka_unit_test(
		    each_call_that_fails_is_told_and_nothing_is_kept),
		cmocka_unit_test(
		    a_folder_that_cannot_be_searched_is_refused_alike),
		cmocka_unit_test(below_a_seccomp_filter_it_works),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
