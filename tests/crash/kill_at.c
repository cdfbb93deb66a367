/*
 * A library to preload.  It kills its process, with SIGKILL, just before the
 * n-th call that changes something in a file system: n is in MUSTER_KILL_AT.
 * Without that, the file named by MUSTER_KILL_COUNT gets the number of such
 * calls when the process ends.  Children are left alone: what becomes of them
 * when their parent dies is what is to be seen.
 */
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static atomic_long	calls;
static long		kill_at;
static pid_t		own;

__attribute__((constructor)) static void
begin(void)
{
	const char *n = getenv("MUSTER_KILL_AT");

	own = getpid();
	kill_at = n != NULL ? atol(n) : 0;
	(void)unsetenv("LD_PRELOAD");
}

__attribute__((destructor)) static void
end(void)
{
	const char *name = getenv("MUSTER_KILL_COUNT");
	const long n = atomic_load(&calls);
	FILE *f;

	if (name == NULL || getpid() != own || (f = fopen(name, "w")) == NULL)
		return;
	(void)fprintf(f, "%ld\n", n);
	(void)fclose(f);
}

static void
step(void)
{
	if (getpid() == own && atomic_fetch_add(&calls, 1) + 1 == kill_at)
		(void)kill(own, SIGKILL);
}

/* Pipes and sockets are no files. */
static void
step_in_file(int fd)
{
	struct stat st;

	if (fstat(fd, &st) == 0 && (S_ISREG(st.st_mode) ||
	    S_ISDIR(st.st_mode)))
		step();
}

/* A call like the C library's, with a step before it. */
#define WRAP(type, name, params, args, before) \
type name params \
{ \
	static type (*next) params; \
 \
	if (next == NULL) \
		*(void **)(void *)&next = dlsym(RTLD_NEXT, #name); \
	before; \
	return next args; \
}

WRAP(ssize_t, write, (int fd, const void *p, size_t n), (fd, p, n),
    step_in_file(fd))
WRAP(ssize_t, writev, (int fd, const struct iovec *v, int n), (fd, v, n),
    step_in_file(fd))
WRAP(ssize_t, pwrite, (int fd, const void *p, size_t n, off_t at),
    (fd, p, n, at), step_in_file(fd))
WRAP(ssize_t, pwritev, (int fd, const struct iovec *v, int n, off_t at),
    (fd, v, n, at), step_in_file(fd))
WRAP(int, fsync, (int fd), (fd), step())
WRAP(int, fdatasync, (int fd), (fd), step())
WRAP(int, ftruncate, (int fd, off_t n), (fd, n), step())
WRAP(int, fchmod, (int fd, mode_t mode), (fd, mode), step())
WRAP(int, mkdir, (const char *path, mode_t mode), (path, mode), step())
WRAP(int, mkdirat, (int dir, const char *path, mode_t mode),
    (dir, path, mode), step())
WRAP(int, unlink, (const char *path), (path), step())
WRAP(int, unlinkat, (int dir, const char *path, int flags),
    (dir, path, flags), step())
WRAP(int, rename, (const char *a, const char *b), (a, b), step())
WRAP(int, renameat, (int da, const char *a, int db, const char *b),
    (da, a, db, b), step())
WRAP(int, renameat2, (int da, const char *a, int db, const char *b,
    unsigned int flags), (da, a, db, b, flags), step())
WRAP(int, linkat, (int da, const char *a, int db, const char *b, int flags),
    (da, a, db, b, flags), step())
WRAP(int, symlinkat, (const char *a, int dir, const char *b), (a, dir, b),
    step())
WRAP(int, utimensat, (int dir, const char *path, const struct timespec t[2],
    int flags), (dir, path, t, flags), step())

static mode_t
mode_of(int flags, va_list ap)
{
	return (flags & (O_CREAT | __O_TMPFILE)) != 0 ?
	    va_arg(ap, mode_t) : 0;
}

int
open(const char *path, int flags, ...)
{
	static int (*next)(const char *, int, ...);
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = mode_of(flags, ap);
	va_end(ap);
	if (next == NULL)
		*(void **)(void *)&next = dlsym(RTLD_NEXT, "open");
	if ((flags & O_CREAT) != 0)
		step();
	return next(path, flags, mode);
}

int
openat(int dir, const char *path, int flags, ...)
{
	static int (*next)(int, const char *, int, ...);
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = mode_of(flags, ap);
	va_end(ap);
	if (next == NULL)
		*(void **)(void *)&next = dlsym(RTLD_NEXT, "openat");
	if ((flags & O_CREAT) != 0)
		step();
	return next(dir, path, flags, mode);
}
