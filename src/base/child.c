/*
 * Child processes that cannot be lost: started by fork and exec so that their
 * status is ours alone, in a process group of their own, killed by the kernel
 * when we die, with none of our descriptors, and never reaped before the
 * whole group was killed (until then nobody else can get its number).
 *
 * What goes wrong between fork and exec is told through a pipe that exec
 * closes: a child_start() that returned a child has really started it.
 * Between fork and exec only calls are made that are safe there in a process
 * with threads.
 */
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/audit.h>
#include <linux/close_range.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/child.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/intr.h"

/* How long a wait lasts at most before signals are looked at. */
#define SLICE_MS 200
#define SLICE_WITHOUT_PIDFD_MS 10

/* What is read at most after the end: more than a pipe holds. */
#define ROUNDS_MAX 256

#define STATUS_TIME_OUT 124

struct child {
	pid_t	 pid;
	int	 fd;		/* pidfd, or -1 where there is none */
	bool	 ended;		/* its status is known; not reaped yet */
	int	 status;
};

/* What the new process tells before exec, if anything. */
enum stage { STAGE_SETUP, STAGE_USER, STAGE_FOLDER, STAGE_EXEC };

struct report {
	enum stage	stage;
	int		sys;
};

struct plan {
	const struct child_spec	*spec;
	char			**env;
	int			 null;
	int			 tell;
	pid_t			 parent;
};

/* Our environment and the spec's; what it names replaces ours. */
static char **
merge_env(const char *const *more, struct err *e)
{
	size_t n = 0, i, j, out = 0, len;
	char **env;

	for (i = 0; environ[i] != NULL; i++)
		n++;
	for (i = 0; more != NULL && more[i] != NULL; i++)
		n++;
	if ((env = calloc(n + 1, sizeof(*env))) == NULL) {
		(void)err_memory(e);
		return NULL;
	}
	for (i = 0; environ[i] != NULL; i++) {
		len = strcspn(environ[i], "=") + 1;
		for (j = 0; more != NULL && more[j] != NULL; j++)
			if (strncmp(environ[i], more[j], len) == 0)
				break;
		if (more == NULL || more[j] == NULL)
			env[out++] = environ[i];
	}
	for (i = 0; more != NULL && more[i] != NULL; i++)
		memcpy(&env[out++], &more[i], sizeof(env[0]));
	return env;
}

/* Everything above standard error ends at exec, the report pipe with it. */
static int
close_others(void)
{
	long n, max;

	if (close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) == 0)
		return 0;
	if (errno != ENOSYS && errno != EINVAL)
		return -1;
	if ((max = sysconf(_SC_OPEN_MAX)) == -1)
		return -1;
	for (n = 3; n < max; n++)	/* most are not open: EBADF */
		(void)fcntl((int)n, F_SETFD, FD_CLOEXEC);
	return 0;
}

/* Put the three descriptors at 0, 1, 2, whatever their numbers are. */
static int
set_descriptors(const struct plan *p)
{
	int fd[3] = { p->spec->in, p->spec->out, p->spec->err };
	int i;

	for (i = 0; i < 3; i++) {
		fd[i] = fcntl(fd[i] == -1 ? p->null : fd[i], F_DUPFD_CLOEXEC,
		    3);
		if (fd[i] == -1)
			return -1;
	}
	for (i = 0; i < 3; i++)
		if (dup2(fd[i], i) == -1)
			return -1;
	return close_others();
}

/*
 * Every signal back to its default, by the system call itself: the C library
 * keeps two signals for its threads and refuses to touch them, and some
 * runtimes start us with these ignored, which exec would hand on.  A kernel's
 * sigaction that is all zeros is the default on every machine.
 */
static int
set_signals(void)
{
	static const uint64_t standard[16];
	sigset_t none;
	int sig;

	for (sig = 1; sig < NSIG; sig++)	/* some cannot be: fine */
		(void)syscall(SYS_rt_sigaction, sig, standard, NULL,
		    (size_t)NSIG / 8);
	(void)sigemptyset(&none);
	return sigprocmask(SIG_SETMASK, &none, NULL);
}

static int
set_user(const struct child_spec *spec)
{
	if (geteuid() != 0 || spec->uid == 0)
		return 0;
	if (setgroups(0, NULL) == -1 ||
	    setresgid(spec->gid, spec->gid, spec->gid) == -1 ||
	    setresuid(spec->uid, spec->uid, spec->uid) == -1)
		return -1;
	return 0;
}

/* The kernel forgets the wish when the user changes: hence after it. */
static int
die_with(pid_t parent)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1)
		return -1;
	if (getppid() != parent)
		_exit(127);	/* it died before we asked */
	return 0;
}

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#else
#define ARCH 0			/* none that there is: all is allowed */
#endif

/*
 * From now on nothing is synced, whatever the program thinks: for what nobody
 * needs after a crash.  The kernel answers such calls with success.  Where it
 * does not let us ask for that, it only takes longer.
 */
static void
stop_syncing(void)
{
	static const struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 0, 6),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_fsync, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_fdatasync, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_sync_file_range, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_syncfs, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { sizeof(filter) / sizeof(filter[0]),
	    (struct sock_filter *)(uintptr_t)filter };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
		(void)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		    SECCOMP_FILTER_FLAG_SPEC_ALLOW, &program);
}

static _Noreturn void
become(const struct plan *p)
{
	struct report r = { STAGE_SETUP, 0 };

	if (setpgid(0, 0) == -1 || set_descriptors(p) == -1)
		goto done;
	r.stage = STAGE_USER;
	if (set_user(p->spec) == -1)
		goto done;
	r.stage = STAGE_SETUP;
	if (die_with(p->parent) == -1 || set_signals() == -1)
		goto done;
	r.stage = STAGE_FOLDER;
	if (p->spec->dir != NULL && chdir(p->spec->dir) == -1)
		goto done;
	if (p->spec->no_sync)
		stop_syncing();
	r.stage = STAGE_EXEC;
	(void)execvpe(p->spec->argv[0], (char *const *)(uintptr_t)
	    p->spec->argv, p->env);
done:
	r.sys = errno;
	(void)!write(p->tell, &r, sizeof(r));	/* nobody else to tell */
	_exit(127);
}

/*
 * A folder of PATH that is closed to us makes execvpe say EACCES for every
 * program there is none of.
 */
static bool
is_nowhere(const char *program)
{
	const char *p = getenv("PATH");
	char name[PATH_MAX];
	size_t n;

	if (p == NULL || strchr(program, '/') != NULL)
		return false;
	for (;; p += n + 1) {
		n = strcspn(p, ":");
		if (snprintf(name, sizeof(name), "%.*s/%s", (int)n, p,
		    program) < (int)sizeof(name) && access(name, F_OK) == 0)
			return false;
		if (p[n] == '\0')
			return true;
	}
}

static int
explain(const struct child_spec *spec, const struct report *r, struct err *e)
{
	if (r->stage == STAGE_EXEC && (r->sys == ENOENT ||
	    (r->sys == EACCES && is_nowhere(spec->argv[0]))))
		return err_set(e, ERR_ABSENT, "no such program");
	errno = r->sys;
	switch (r->stage) {
	case STAGE_USER:
		return err_sys(e, "become user %u", (unsigned)spec->uid);
	case STAGE_FOLDER:
		return err_sys(e, "enter %s", spec->dir);
	case STAGE_EXEC:
		return err_sys(e, "execute");
	default:
		return err_sys(e, "prepare the process");
	}
}

/* Nothing when it was executed; -1 with what it told when not. */
static int
hear(int fd, const struct child_spec *spec, struct err *e)
{
	struct report r;
	size_t got;

	if (fd_read_some(fd, &r, sizeof(r), &got, e) == -1)
		return -1;
	if (got == 0)
		return 0;
	if (got != sizeof(r))
		return err_set(e, ERR_SYSTEM, "it died at its start");
	return explain(spec, &r, e);
}

static pid_t
fork_quietly(struct plan *p)
{
	sigset_t all, before;
	pid_t pid;
	int keep;

	/* A handler of ours must not run in the new process. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_BLOCK, &all, &before);
	p->parent = getpid();
	if ((pid = fork()) == 0)
		become(p);
	keep = errno;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = keep;
	return pid;
}

struct child *
child_start(const struct child_spec *spec, struct err *e)
{
	struct plan p = { .spec = spec, .null = -1, .tell = -1 };
	struct child *c = NULL;
	int pipes[2] = { -1, -1 };
	bool started = false;

	if ((c = malloc(sizeof(*c))) == NULL) {
		(void)err_memory(e);
		goto done;
	}
	*c = (struct child){ .pid = -1, .fd = -1 };
	if ((p.env = merge_env(spec->env, e)) == NULL)
		goto done;
	if ((p.null = open("/dev/null", O_RDWR | O_CLOEXEC)) == -1) {
		(void)err_sys(e, "open /dev/null");
		goto done;
	}
	if (pipe2(pipes, O_CLOEXEC) == -1) {
		(void)err_sys(e, "pipe");
		goto done;
	}
	p.tell = pipes[1];
	if ((c->pid = fork_quietly(&p)) == -1) {
		(void)err_sys(e, "fork");
		goto done;
	}
	fd_drop(&pipes[1]);	/* or we would wait for ourselves */
	if (hear(pipes[0], spec, e) == -1)
		goto done;
	c->fd = pidfd_open(c->pid, 0);	/* without one we look more often */
	started = true;
done:
	fd_drop(&pipes[0]);
	fd_drop(&pipes[1]);
	fd_drop(&p.null);
	free(p.env);
	if (!started) {
		(void)err_add(e, "cannot run %s", spec->argv[0]);
		child_kill(c);
		c = NULL;
	}
	return c;
}

pid_t
child_pid(const struct child *c)
{
	return c->pid;
}

/* Has it ended?  It stays a zombie, so that its number stays its own. */
static int
look(struct child *c, struct err *e)
{
	siginfo_t si;

	if (c->ended)
		return 1;
	memset(&si, 0, sizeof(si));
	if (waitid(P_PID, (id_t)c->pid, &si, WEXITED | WNOHANG | WNOWAIT) ==
	    -1)
		return err_sys(e, "wait for process %d", (int)c->pid);
	if (si.si_pid == 0)
		return 0;
	c->ended = true;
	if (si.si_code == CLD_EXITED)
		c->status = W_EXITCODE(si.si_status & 0xff, 0);
	else
		c->status = W_EXITCODE(0, si.si_status);
	return 1;
}

/* Sleep until it ends, something is to be read, or some time is over. */
static void
pause_for(const struct child *c, int out, int64_t ms)
{
	struct pollfd p[2] = {
		{ .fd = c->fd, .events = POLLIN },
		{ .fd = out, .events = POLLIN },
	};
	int64_t slice = c->fd == -1 ? SLICE_WITHOUT_PIDFD_MS : SLICE_MS;

	if (ms >= 0 && ms < slice)
		slice = ms;
	(void)poll(p, 2, (int)slice);	/* whatever it says, we look */
}

/* A clock that no test holds still: what it measures is real. */
static int64_t
real_ms(void)
{
	struct timespec t = { 0 };

	(void)clock_gettime(CLOCK_BOOTTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int
child_wait(struct child *c, int64_t ms, int *status, struct err *e)
{
	int64_t start = real_ms(), left = -1;
	int answer;

	for (;;) {
		if ((answer = look(c, e)) != 0)
			break;
		if (intr_check(e) == -1)
			return -1;
		if (ms >= 0 && (left = ms - (real_ms() - start)) <= 0)
			return 0;
		pause_for(c, -1, left);
	}
	if (answer == 1)
		*status = c->status;
	return answer;
}

void
child_kill(struct child *c)
{
	int keep = errno;

	if (c == NULL)
		return;
	if (c->pid > 0) {
		(void)kill(-c->pid, SIGKILL);
		(void)kill(c->pid, SIGKILL);	/* before it had a group */
		while (waitpid(c->pid, NULL, 0) == -1 && errno == EINTR)
			;
	}
	fd_drop(&c->fd);
	free(c);
	errno = keep;
}

/*
 * Take what is there to read, once; what exceeds the buffer's max is dropped.
 * False when nothing is there now; *fd becomes -1 at the end of file.
 */
static bool
drain(int *fd, struct buf *out)
{
	uint8_t piece[16384];
	struct err cut;
	size_t room;
	ssize_t n;

	if (*fd == -1)
		return false;
	if ((n = read(*fd, piece, sizeof(piece))) == -1)
		return errno == EINTR;
	if (n == 0) {
		fd_drop(fd);
		return false;
	}
	if (out == NULL)
		return true;
	room = out->max - out->len;
	if (room > (size_t)n)
		room = (size_t)n;
	if (buf_add(out, piece, room, &cut) == -1)
		out->max = out->len;	/* no memory: cut it here */
	return true;
}

/*
 * Read until it ends, not until its output ends: something it left behind in
 * the background may hold the pipe open for ever.  Answers as child_wait().
 */
static int
attend(struct child *c, int *fd, int64_t ms, struct buf *out, struct err *e)
{
	int64_t start = real_ms(), left = -1;
	int answer, rounds;

	while ((answer = look(c, e)) == 0) {
		if (intr_check(e) == -1)
			return -1;
		if (ms >= 0 && (left = ms - (real_ms() - start)) <= 0)
			return 0;
		pause_for(c, *fd, left);
		(void)drain(fd, out);
	}
	for (rounds = 0; rounds < ROUNDS_MAX && drain(fd, out); rounds++)
		;
	return answer;
}

static int
exit_status(int status)
{
	if (WIFSIGNALED(status))
		return 128 + WTERMSIG(status);
	return WEXITSTATUS(status);
}

int
child_run(const struct child_spec *spec, uint64_t timeout, struct buf *out,
    int *status, struct err *e)
{
	struct child_spec run = *spec;
	struct child *c = NULL;
	int pipes[2] = { -1, -1 };
	int64_t ms = -1;
	int answer;
	int rc = -1;

	if (timeout > 0)
		ms = timeout < INT64_MAX / 1000 ? (int64_t)timeout * 1000 :
		    INT64_MAX;
	if (pipe2(pipes, O_CLOEXEC) == -1 ||
	    fcntl(pipes[0], F_SETFL, O_NONBLOCK) == -1) {
		(void)err_sys(e, "cannot run %s: pipe", spec->argv[0]);
		goto done;
	}
	run.out = run.err = pipes[1];
	if ((c = child_start(&run, e)) == NULL)
		goto done;
	fd_drop(&pipes[1]);
	if ((answer = attend(c, &pipes[0], ms, out, e)) == -1) {
		(void)err_add(e, "%s", spec->argv[0]);
		goto done;
	}
	*status = answer == 0 ? STATUS_TIME_OUT : exit_status(c->status);
	rc = 0;
done:
	child_kill(c);
	fd_drop(&pipes[0]);
	fd_drop(&pipes[1]);
	return rc;
}

int
child_shell(const char *line, const char *const *env, uint64_t timeout,
    struct buf *out, int *status, struct err *e)
{
	const char *const argv[] = { "/bin/sh", "-c", line, NULL };
	const struct child_spec spec = {
		.argv = argv, .env = env, .out = -1, .err = -1,
	};

	return child_run(&spec, timeout, out, status, e);
}
