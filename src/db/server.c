/*
 * A throwaway MariaDB server: see db.h.
 *
 * Promises: it listens on one unix socket inside a folder of mode 0700 and
 * nowhere else; it reads no configuration of the machine; it dies with the
 * thread that started it (the kernel sees to that), and if even that fails the
 * next sweep of the scratch folder's parent knows it by its environment.  It
 * never syncs: nobody needs its data after a crash.  InnoDB does all the same,
 * four times for each table that is made, so the kernel is told to say yes.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/child.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/intr.h"
#include "base/memory.h"
#include "base/scratch.h"
#include "db/conn.h"
#include "db/db.h"
#include "db/names.h"
#include "db/physical.h"
#include "db/server_place.h"

#define START_SECONDS 60
#define INSTALL_SECONDS 120
#define POLL_MS 20
#define LOG_TAIL 4096
#define LOG_LINES 5
#define FOLDER_PATH_MAX 256
#define MIB (1024ULL * 1024)
#define BESIDE (384 * MIB)	/* of us, and of a server but its pool */
#define GIB (1024 * MIB)

struct db_server {
	struct server_place	 place;
	struct child		*child;
	uint64_t		 memory;
	char			 data[FOLDER_PATH_MAX];
	char			 version[DB_VERSION_MAX];
	char			 log[LOG_TAIL + 1];
};

#define ARGS_MAX 48

/* An argument list under construction; each string is its own. */
struct args {
	char	*v[ARGS_MAX + 1];
	size_t	 n;
};

static void
args_drop(struct args *a)
{
	while (a->n > 0)
		free(a->v[--a->n]);
}

static int
args_add(struct args *a, struct err *e, const char *option, const char *value)
{
	char *s;

	if (a->n == ARGS_MAX)
		return err_memory(e);
	if (asprintf(&s, "%s%s", option, value) == -1)
		return err_memory(e);
	a->v[a->n++] = s;
	return 0;
}

static int
args_size(struct args *a, struct err *e, const char *option, uint64_t size)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)size);
	return args_add(a, e, option, text);
}

/* Options that the server needs as well while its tables are made. */
static int
args_common(struct args *a, const struct db_server *s, struct err *e)
{
	char data[FOLDER_PATH_MAX], tmp[FOLDER_PATH_MAX];

	(void)snprintf(data, sizeof(data), "%s/data", s->place.folder);
	(void)snprintf(tmp, sizeof(tmp), "%s/tmp", s->place.folder);
	if (args_add(a, e, "--no-defaults", "") == -1 ||
	    args_add(a, e, "--datadir=", data) == -1 ||
	    args_add(a, e, "--tmpdir=", tmp) == -1)
		return -1;
	return 0;
}

/* The first line of a log that tells of an error, or else its last one. */
static const char *
first_error(char *log)
{
	char *p, *line = log, *last = log;

	for (p = log; *p != '\0'; p++) {
		if (*p != '\n')
			continue;
		*p = '\0';
		if (strstr(line, "ERROR") != NULL)
			return line;
		if (*line != '\0')
			last = line;
		line = p + 1;
	}
	return *line != '\0' ? line : last;
}

/* Make the system tables. */
static int
install(const struct db_server *s, struct err *e)
{
	const char *env[] = { s->place.marker, NULL };
	struct child_spec spec = { .env = env, .dir = s->place.folder, .in = -1,
	    .out = -1, .err = -1, .uid = s->place.uid, .gid = s->place.gid,
	    .no_sync = true };
	struct args a = { 0 };
	struct buf out;
	int status, rc = -1;

	buf_init(&out, 1 * MIB);
	if (args_add(&a, e, s->place.installer, "") == -1 ||
	    args_common(&a, s, e) == -1 ||
	    args_add(&a, e, "--auth-root-authentication-method=normal",
	    "") == -1 ||
	    args_add(&a, e, "--skip-test-db", "") == -1 ||
	    args_add(&a, e, "--skip-name-resolve", "") == -1)
		goto done;
	spec.argv = (const char *const *)a.v;
	if (child_run(&spec, INSTALL_SECONDS, &out, &status, e) == -1)
		goto done;
	if (status != 0) {
		(void)err_set(e, ERR_REMOTE, "%s ended with status %d: %s",
		    s->place.installer, status, buf_text(&out, e) == NULL ?
		    "" : first_error((char *)out.data));
		goto done;
	}
	rc = 0;
done:
	args_drop(&a);
	buf_drop(&out);
	return rc;
}

uint64_t
db_server_memory(uint64_t wanted)
{
	long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
	struct memory_left left;
	uint64_t pool = 256 * MIB;

	if (wanted > 0)
		return wanted;
	if (pages > 0 && page > 0)
		pool = (uint64_t)pages * (uint64_t)page / 4;
	if (pool > 2 * GIB)
		pool = 2 * GIB;
	memory_left(&left);
	left.bytes -= left.bytes < BESIDE ? left.bytes : BESIDE;
	if (pool > left.bytes / 2)
		pool = left.bytes / 2;
	return pool < 64 * MIB ? 64 * MIB : pool / MIB * MIB;
}

/* The redo log is allocated at once: a big one is fast, but not for all. */
static uint64_t
log_size(const struct db_server *s)
{
	struct statvfs v;
	uint64_t part;

	if (statvfs(s->place.folder, &v) == -1)
		return 96 * MIB;
	part = (uint64_t)v.f_bavail * v.f_frsize / 16;
	if (part > 4 * GIB)
		part = 4 * GIB;
	return part < 96 * MIB ? 96 * MIB : part / MIB * MIB;
}

/* With --skip-grant-tables nothing is loaded by itself. */
static int
plugin_args(struct args *a, const struct db_server *s, struct err *e)
{
	struct names providers = { 0 };
	size_t i;
	int rc;

	rc = physical_providers(s->data, &providers, e);
	for (i = 0; rc == 0 && i < providers.n; i++)
		rc = args_add(a, e, "--plugin-load-add=", providers.v[i]);
	names_drop(&providers);
	return rc;
}

/* What the files of a physical backup need; everybody is let in. */
static int
physical_args(struct args *a, const struct db_server *s,
    const struct db_physical *f, struct err *e)
{
	if (plugin_args(a, s, e) == -1 ||
	    args_add(a, e, "--skip-grant-tables", "") == -1 ||
	    args_add(a, e, "--innodb-data-file-path=", f->data_files) == -1 ||
	    args_size(a, e, "--innodb-page-size=", f->page_size) == -1)
		return -1;
	if (f->undo_tablespaces > 0 && args_size(a, e,
	    "--innodb-undo-tablespaces=", f->undo_tablespaces) == -1)
		return -1;
	return args_size(a, e, "--lower-case-table-names=", f->lower_case);
}

static int
server_args(struct args *a, const struct db_server *s,
    const struct db_physical *f, struct err *e)
{
	static const char *const fixed[] = {
		"--skip-networking", "--skip-log-bin", "--skip-name-resolve",
		"--skip-slave-start", "--event-scheduler=OFF",
		"--local-infile=1", "--max-allowed-packet=1G",
		"--loose-innodb-flush-method=nosync", "--loose-debug-no-sync",
		"--innodb-doublewrite=0",
		"--innodb-flush-log-at-trx-commit=0",
		"--innodb-stats-auto-recalc=0",
		"--innodb-buffer-pool-dump-at-shutdown=0",
		"--innodb-fast-shutdown=2", "--performance-schema=0",
		"--character-set-server=utf8mb4",
		/* Tables of a source that was more lenient must load. */
		"--innodb-strict-mode=0",
	};
	char path[FOLDER_PATH_MAX];
	size_t i;

	if (args_add(a, e, s->place.program, "") == -1 ||
	    args_common(a, s, e) == -1)
		return -1;
	for (i = 0; i < sizeof(fixed) / sizeof(*fixed); i++)
		if (args_add(a, e, fixed[i], "") == -1)
			return -1;
	if (args_add(a, e, "--socket=", s->place.socket) == -1)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/files", s->place.folder);
	if (args_add(a, e, "--secure-file-priv=", path) == -1)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/pid", s->place.folder);
	if (args_add(a, e, "--pid-file=", path) == -1)
		return -1;
	if (args_size(a, e, "--innodb-log-file-size=", log_size(s)) == -1 ||
	    args_size(a, e, "--innodb-buffer-pool-size=",
	    db_server_memory(s->memory)) == -1)
		return -1;
	return f != NULL ? physical_args(a, s, f, e) : 0;
}

static int
launch(struct db_server *s, const struct db_physical *f, struct err *e)
{
	const char *env[] = { s->place.marker, NULL };
	struct child_spec spec = { .env = env, .dir = s->place.folder, .in = -1,
	    .uid = s->place.uid, .gid = s->place.gid, .no_sync = true };
	char path[FOLDER_PATH_MAX];
	struct args a = { 0 };
	int fd = -1, rc = -1;

	(void)snprintf(path, sizeof(path), "%s/log", s->place.folder);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd == -1) {
		(void)err_sys(e, "cannot make %s", path);
		goto done;
	}
	if (server_args(&a, s, f, e) == -1)
		goto done;
	spec.argv = (const char *const *)a.v;
	spec.out = spec.err = fd;
	if ((s->child = child_start(&spec, e)) == NULL)
		goto done;
	rc = 0;
done:
	fd_drop(&fd);
	args_drop(&a);
	return rc;
}

/* Fetch the end of its log; how many bytes there are. */
static size_t
read_log(struct db_server *s)
{
	char path[FOLDER_PATH_MAX];
	struct err ignored;
	struct stat st;
	size_t got = 0;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/log", s->place.folder);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd != -1 && fstat(fd, &st) == 0 && st.st_size > LOG_TAIL)
		(void)lseek(fd, -LOG_TAIL, SEEK_END);
	if (fd != -1)
		(void)fd_read_some(fd, s->log, LOG_TAIL, &got, &ignored);
	fd_drop(&fd);
	while (got > 0 && s->log[got - 1] == '\n')
		got--;
	s->log[got] = '\0';
	return got;
}

static const char *
log_error(struct db_server *s)
{
	(void)read_log(s);
	return first_error(s->log);
}

/* Poll until it answers, as long as it lives. */
static int
wait_ready(struct db_server *s, struct err *e)
{
	const struct db_login login = { .socket = s->place.socket,
	    .user = "root" };
	int64_t end = clock_monotonic() + START_SECONDS * 1000000000LL;
	struct conn *c = NULL;
	struct err last = { 0 };
	int ended, status;

	for (;;) {
		if (intr_check(e) == -1)
			return -1;
		ended = child_wait(s->child, POLL_MS, &status, e);
		if (ended == -1)
			return -1;
		if (ended == 1)
			return err_set(e, ERR_REMOTE, "%s ended at once: %s",
			    s->place.program, log_error(s));
		if (access(s->place.socket, F_OK) == 0 &&
		    (c = conn_open(&login, CONN_UTF8, &last)) != NULL)
			break;
		if (clock_monotonic() > end)
			return err_set(e, ERR_REMOTE, "no answer within %d s: "
			    "%.300s: %s", START_SECONDS, last.text,
			    log_error(s));
	}
	(void)snprintf(s->version, sizeof(s->version), "%s", conn_version(c));
	conn_close(c);
	return 0;
}

static int
check_series(const struct db_server *s, const char *version, const char *want,
    struct err *e)
{
	if (server_same_series(version, want))
		return 0;
	return err_set(e, ERR_UNSUPPORTED, "%s is version %s, but the source "
	    "was %s: install a server of that series", s->place.program,
	    version, want);
}

/* A server that has its place, and nothing in it; NULL with the error. */
static struct db_server *
server_new(const struct db_server_options *o, struct err *e)
{
	struct db_server *s;

	if ((s = calloc(1, sizeof(*s))) == NULL) {
		(void)err_memory(e);
		return NULL;
	}
	s->memory = o->memory;
	if (server_place_make(&s->place, o->mariadbd, o->scratch, e) == -1) {
		db_server_free(s);
		return NULL;
	}
	return s;
}

/* The server, if all went well so far; else it is released. */
static struct db_server *
server_if(struct db_server *s, int rc, struct err *e)
{
	if (rc == 0)
		return s;
	db_server_free(s);
	(void)err_add(e, "cannot start a throwaway server");
	return NULL;
}

struct db_server *
db_server_start(const struct db_server_options *o, struct err *e)
{
	struct db_server *s = server_new(o, e);
	int rc = -1;

	if (s != NULL && install(s, e) == 0 && launch(s, NULL, e) == 0 &&
	    wait_ready(s, e) == 0)
		rc = o->want_version == NULL ? 0 :
		    check_series(s, s->version, o->want_version, e);
	return server_if(s, rc, e);
}

struct db_server *
db_server_place(const struct db_server_options *o, struct err *e)
{
	struct db_server *s = server_new(o, e);
	char version[DB_VERSION_MAX];
	int rc = -1;

	if (s != NULL && server_program_version(s->place.program, version,
	    sizeof(version), e) == 0 &&
	    (rc = check_series(s, version, o->want_version, e)) == 0) {
		(void)snprintf(s->data, sizeof(s->data), "%s/data",
		    s->place.folder);
		rc = db_physical_can_prepare(o->want_version, e);
	}
	return server_if(s, rc, e);
}

const char *
db_server_data(const struct db_server *s)
{
	return s->data;
}

int
db_server_prepare(struct db_server *s, const struct db_physical *f,
    struct err *e)
{
	const struct db_prepare p = { .folder = s->data,
	    .mariadbd = s->place.program,
	    .scratch = scratch_path(s->place.scratch),
	    .memory = db_server_memory(s->memory),
	    .uid = s->place.uid, .gid = s->place.gid, .throwaway = true };

	if (s->place.uid != 0 && db_physical_hand_over(s->data, s->place.uid,
	    s->place.gid, e) == -1)
		return -1;
	return db_physical_prepare(&p, f, e);
}

int
db_server_run(struct db_server *s, const struct db_physical *f, struct err *e)
{
	if (launch(s, f, e) == 0 && wait_ready(s, e) == 0)
		return 0;
	if (e->kind == ERR_REMOTE)
		(void)physical_tell_full(s->data, PHYSICAL_LITTLE, e);
	return err_add(e, "cannot start a server on the files");
}

const char *
db_server_socket(const struct db_server *s)
{
	return s->place.socket;
}

const char *
db_server_version(const struct db_server *s)
{
	return s->version;
}

/* The start of the last lines of a text. */
static char *
last_lines(char *text, size_t len)
{
	char *p = text + len;
	int n = 0;

	while (p > text) {
		if (p[-1] == '\n' && p < text + len && ++n == LOG_LINES)
			break;
		p--;
	}
	return p;
}

const char *
db_server_log(struct db_server *s)
{
	return last_lines(s->log, read_log(s));
}

void
db_server_free(struct db_server *s)
{
	if (s == NULL)
		return;
	child_kill(s->child);
	free(s);
}
