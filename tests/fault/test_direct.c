/*
 * Input and output past the page cache, with each of its calls failing or
 * short in turn: what was moved is right, what is left can be moved in the
 * usual way, and the file is as it was found.
 *
 * Mutants that must be caught: the flags not set back; a short count passed
 * over; whole units exceeded; memory that is not aligned tried all the same.
 *
 * wrap: fcntl write pread aligned_alloc
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "store/direct.h"

#define UNIT 4096u
#define SIZE ((2u << 20) + 5)
#define HALF (1u << 20)

static uint8_t *data, *back;
static bool armed;
static int calls, fail_at;	/* 0: none */
static size_t most;		/* what a call moves */
static bool direct;		/* as the file's flags are now */

static bool
fails(void)
{
	if (!armed || ++calls != fail_at)
		return false;
	errno = EINVAL;
	return true;
}

int	__wrap_fcntl(int, int, long);
int	__real_fcntl(int, int, ...);
int
__wrap_fcntl(int fd, int what, long arg)
{
	if (fails())
		return -1;
	if (what == F_SETFL) {
		direct = (arg & O_DIRECT) != 0;
		arg &= ~(long)O_DIRECT;	/* any file system will do */
	}
	return __real_fcntl(fd, what, arg);
}

void	*__wrap_aligned_alloc(size_t, size_t);
void	*__real_aligned_alloc(size_t, size_t);
void *
__wrap_aligned_alloc(size_t unit, size_t n)
{
	return fails() ? NULL : __real_aligned_alloc(unit, n);
}

static size_t
allowed(size_t n)
{
	if (armed && direct)
		assert_int_equal(n % UNIT, 0);
	return armed && n > most ? most : n;
}

ssize_t	__wrap_write(int, const void *, size_t);
ssize_t	__real_write(int, const void *, size_t);
ssize_t
__wrap_write(int fd, const void *p, size_t n)
{
	return fails() ? -1 : __real_write(fd, p, allowed(n));
}

ssize_t	__wrap_pread(int, void *, size_t, off_t);
ssize_t	__real_pread(int, void *, size_t, off_t);
ssize_t
__wrap_pread(int fd, void *p, size_t n, off_t at)
{
	return fails() ? -1 : __real_pread(fd, p, allowed(n), at);
}

static int
file_new(void)
{
	char path[] = "/tmp/muster-test-direct-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd != -1);
	assert_int_equal(unlink(path), 0);
	return fd;
}

static void
arm(int at, size_t count)
{
	calls = 0;
	fail_at = at;
	most = count;
	direct = false;
	armed = true;
}

/* Write it and read it, then the rest: it must be the same. */
static size_t
there_and_back(int at, size_t count, bool reading)
{
	int fd = file_new();
	size_t done, got;
	struct err e;

	arm(reading ? 0 : at, count);
	done = direct_write(fd, data, SIZE);
	armed = false;
	assert_int_equal(fd_write(fd, data + done, SIZE - done, &e), 0);
	memset(back, 0, SIZE);
	arm(reading ? at : 0, count);
	got = direct_read(fd, back, SIZE, 0);
	armed = false;
	assert_memory_equal(back, data, got);
	assert_int_equal(fd_pread(fd, back + got, SIZE - got, got, &e), 0);
	assert_memory_equal(back, data, SIZE);
	fd_drop(&fd);
	return reading ? got : done;
}

static void
whole_units_are_moved_and_the_rest_is_left(void **state)
{
	(void)state;
	for (int reading = 0; reading < 2; reading++) {
		assert_int_equal(there_and_back(0, SIZE, reading), SIZE - 5);
		assert_false(direct);
		assert_int_equal(calls, 4);
		assert_int_equal(there_and_back(0, HALF, reading), SIZE - 5);
	}
}

static void
whichever_call_fails_the_rest_is_moved_as_usual(void **state)
{
	/* get the flags, set them, two halves */
	static const size_t want[] = { 0, 0, 0, HALF };

	(void)state;
	for (int reading = 0; reading < 2; reading++)
		for (int at = 1; at <= 4; at++) {
			assert_int_equal(there_and_back(at, HALF, reading),
			    want[at - 1]);
			assert_false(direct);
		}
}

static void
a_call_that_moves_no_whole_unit_is_the_last(void **state)
{
	(void)state;
	assert_int_equal(there_and_back(0, 3, false), 3);
	assert_int_equal(there_and_back(0, UNIT + 3, true), UNIT + 3);
}

static void
what_no_disk_takes_is_not_tried(void **state)
{
	int fd = file_new();

	(void)state;
	arm(0, SIZE);
	assert_int_equal(direct_write(fd, data + 1, SIZE - 1), 0);
	assert_int_equal(direct_write(fd, data, HALF - 1), 0);
	assert_int_equal(direct_read(fd, data, SIZE, 1), 0);
	assert_int_equal(calls, 0);
	armed = false;
	fd_drop(&fd);
}

static void
memory_is_had_or_told(void **state)
{
	struct err e;
	void *p;

	(void)state;
	arm(2, SIZE);
	p = direct_memory(2 * DIRECT_PIECE, &e);
	assert_non_null(p);
	assert_int_equal((uintptr_t)p % UNIT, 0);
	memset(p, 1, 2 * DIRECT_PIECE);
	free(p);
	assert_null(direct_memory(DIRECT_PIECE, &e));
	assert_int_equal(e.kind, ERR_MEMORY);
	armed = false;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_units_are_moved_and_the_rest_is_left),
		cmocka_unit_test(
		    whichever_call_fails_the_rest_is_moved_as_usual),
		cmocka_unit_test(a_call_that_moves_no_whole_unit_is_the_last),
		cmocka_unit_test(what_no_disk_takes_is_not_tried),
		cmocka_unit_test(memory_is_had_or_told),
	};
	int rc;

	data = aligned_alloc(UNIT, 3u << 20);
	back = aligned_alloc(UNIT, 3u << 20);
	if (data == NULL || back == NULL)
		return 1;
	for (size_t i = 0; i < SIZE; i++)
		data[i] = (uint8_t)(i * 7919 >> 5);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	free(data);
	free(back);
	return rc;
}
