/*
 * Throwaway folders: swept when left, and only then.
 * wrap: pidfd_open
 */
#include <sys/stat.h>
#include <sys/wait.h>

#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/child.h"
#include "base/err.h"
#include "base/file.h"
#include "base/scratch.h"

static char	home[] = "/tmp/muster-test-XXXXXX";

static int
enter(void **state)
{
	(void)state;
	(void)strcpy(home + strlen(home) - 6, "XXXXXX");
	return mkdtemp(home) == NULL ? -1 : 0;
}

static int
leave(void **state)
{
	struct err e;

	(void)state;
	return file_remove_tree(home, &e);
}

static int
entries(void)
{
	DIR *d = opendir(home);
	int n = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	(void)closedir(d);
	return n - 2;
}

static bool no_pidfd;			/* an old kernel */

int	__wrap_pidfd_open(pid_t, unsigned);
int	__real_pidfd_open(pid_t, unsigned);
int
__wrap_pidfd_open(pid_t pid, unsigned flags)
{
	if (no_pidfd) {
		errno = ENOSYS;
		return -1;
	}
	return __real_pidfd_open(pid, flags);
}

/* A process that says (or not) that it belongs to a folder. */
static struct child *
start(const char *says)
{
	static const char *const argv[] = { "sleep", "1000", NULL };
	char mark[200];
	const char *const env[] = { mark, NULL };
	const struct child_spec spec = {
		.argv = argv, .env = env, .in = -1, .out = -1, .err = -1,
	};
	struct child *c;
	struct err e;

	(void)snprintf(mark, sizeof(mark), "MUSTER_SCRATCH=%s", says);
	c = child_start(&spec, &e);
	assert_non_null(c);
	return c;
}

static bool
is_alive(struct child *c)
{
	struct err e;
	int status;

	return child_wait(c, 0, &status, &e) == 0;
}

static void
a_folder_is_ours_alone_and_goes_with_all_in_it(void **state)
{
	struct scratch *s;
	char path[200];
	struct stat st;
	struct err e;

	(void)state;
	assert_non_null(s = scratch_new(home, &e));
	assert_int_equal(stat(scratch_path(s), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(strncmp(scratch_path(s), home, strlen(home)), 0);
	(void)snprintf(path, sizeof(path), "%s/a/b", scratch_path(s));
	assert_int_equal(file_mkdirs(path, 0700, &e), 0);
	scratch_free(s);
	assert_int_equal(entries(), 0);
	scratch_free(NULL);
	assert_null(scratch_new("/nonexistent", &e));
	assert_int_equal(scratch_sweep("/nonexistent", &e), -1);
}

static void
what_is_in_use_or_not_ours_stays(void **state)
{
	struct scratch *one, *two;
	char path[200];
	struct err e;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/other", home);
	assert_int_equal(mkdir(path, 0700), 0);
	(void)snprintf(path, sizeof(path), "%s/muster-scratch-file", home);
	assert_int_equal(file_create_path(path, 0600, "", 0, &e), 0);
	(void)snprintf(path, sizeof(path), "%s/muster-scratch-link", home);
	assert_int_equal(symlink("other", path), 0);
	assert_non_null(one = scratch_new(home, &e));
	assert_non_null(two = scratch_new(home, &e));
	assert_int_equal(scratch_sweep(home, &e), 0);
	assert_int_equal(entries(), 5);
	scratch_free(one);
	scratch_free(two);
	assert_int_equal(entries(), 3);
}

/* A run that makes a folder and is killed. */
static void
be_killed(void)
{
	pid_t pid = fork();
	struct err e;
	int status;

	if (pid == 0) {
		struct scratch *s = scratch_new(home, &e);
		char path[200];

		if (s == NULL)
			_exit(1);
		(void)snprintf(path, sizeof(path), "%s/a/b/c",
		    scratch_path(s));
		(void)file_mkdirs(path, 0500, &e);
		(void)kill(getpid(), SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
}

static void
what_a_killed_run_left_is_swept_by_the_next(void **state)
{
	struct scratch *s;
	struct err e;

	(void)state;
	be_killed();
	assert_int_equal(entries(), 1);
	assert_int_equal(scratch_sweep(home, &e), 1);
	assert_int_equal(entries(), 0);
	be_killed();
	assert_non_null(s = scratch_new(home, &e));
	assert_int_equal(entries(), 1);
	scratch_free(s);
}

static void
a_folder_without_anything_in_it_is_swept_too(void **state)
{
	char path[200];
	struct err e;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/muster-scratch-a", home);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(scratch_sweep(home, &e), 1);
}

static void
its_processes_go_with_the_folder_and_no_others(void **state)
{
	struct scratch *s;
	struct child *ours, *other, *prefix;
	char longer[200];
	struct err e;

	(void)state;
	assert_non_null(s = scratch_new(home, &e));
	ours = start(scratch_path(s));
	other = start("/somewhere/else");
	(void)snprintf(longer, sizeof(longer), "%s0", scratch_path(s));
	prefix = start(longer);
	scratch_free(s);
	assert_false(is_alive(ours));
	assert_true(is_alive(other));
	assert_true(is_alive(prefix));
	child_kill(ours);
	child_kill(other);
	child_kill(prefix);
}

static void
so_they_do_where_the_kernel_has_no_pidfd(void **state)
{
	no_pidfd = true;
	its_processes_go_with_the_folder_and_no_others(state);
	no_pidfd = false;
}

/*
 * A killed run's child dies with it, but not what that child had started: it
 * may even be in another session and change its folder.
 */
static void
a_sweep_kills_what_children_of_a_killed_run_started(void **state)
{
	char path[200], mark[220], pid[32];
	const char *const argv[] = { "sh", "-c", "cd / && setsid sh -c "
	    "'sleep 1000 & sleep 1000 & exec sleep 1000' & echo $!; exit 0",
	    NULL };
	const char *const env[] = { mark, NULL };
	struct child_spec spec = { .argv = argv, .env = env, .in = -1,
	    .out = -1, .err = -1 };
	struct child *c;
	struct err e;
	int out[2], status;
	ssize_t n;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/muster-scratch-abc", home);
	assert_int_equal(mkdir(path, 0700), 0);
	(void)snprintf(mark, sizeof(mark), "MUSTER_SCRATCH=%s", path);
	assert_int_equal(pipe(out), 0);
	spec.out = out[1];
	assert_non_null(c = child_start(&spec, &e));
	assert_int_equal(child_wait(c, 30000, &status, &e), 1);
	assert_int_equal(status, 0);
	n = read(out[0], pid, sizeof(pid) - 1);
	assert_true(n > 0);
	pid[n] = '\0';
	assert_int_equal(kill((pid_t)atol(pid), 0), 0);
	assert_int_equal(scratch_sweep(home, &e), 1);
	assert_int_equal(entries(), 0);
	/* whatever is left of them are zombies, that hold nothing */
	(void)snprintf(path, sizeof(path), "/proc/%ld/exe", atol(pid));
	assert_int_equal(readlink(path, mark, sizeof(mark)), -1);
	child_kill(c);
	(void)close(out[0]);
	(void)close(out[1]);
}

#define RUNS 8
#define ROUNDS 60

/* Makers and sweepers at once: nobody may lose the folder he holds. */
static void
makers_and_sweepers_do_not_disturb_each_other(void **state)
{
	pid_t pid[RUNS];
	struct err e;
	int i, j, status;

	(void)state;
	for (i = 0; i < RUNS; i++) {
		if ((pid[i] = fork()) != 0)
			continue;
		for (j = 0; j < ROUNDS; j++) {
			struct scratch *s = scratch_new(home, &e);

			(void)sched_yield();
			if (s == NULL || !file_exists(scratch_path(s)))
				_exit(1);
			scratch_free(s);
			(void)scratch_sweep(home, &e);
		}
		_exit(0);
	}
	for (i = 0; i < RUNS; i++) {
		assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
		assert_int_equal(status, 0);
	}
	assert_int_equal(entries(), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, enter, leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_folder_is_ours_alone_and_goes_with_all_in_it),
		TEST(what_is_in_use_or_not_ours_stays),
		TEST(what_a_killed_run_left_is_swept_by_the_next),
		TEST(a_folder_without_anything_in_it_is_swept_too),
		TEST(its_processes_go_with_the_folder_and_no_others),
		TEST(so_they_do_where_the_kernel_has_no_pidfd),
		TEST(a_sweep_kills_what_children_of_a_killed_run_started),
		TEST(makers_and_sweepers_do_not_disturb_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
