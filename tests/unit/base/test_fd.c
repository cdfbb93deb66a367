/* Descriptors: short transfers, early ends, closing. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/fd.h"

#define MUCH 300000

static int
temporary(void)
{
	char path[] = "/tmp/muster-test-XXXXXX";
	int fd = mkostemp(path, O_CLOEXEC);

	assert_int_not_equal(fd, -1);
	assert_int_equal(unlink(path), 0);
	return fd;
}

static void *
read_all(void *arg)
{
	uint8_t *data = calloc(1, MUCH + 1);
	struct err e;
	size_t got;

	if (fd_read_some(*(int *)arg, data, MUCH + 1, &got, &e) == -1 ||
	    got != MUCH) {
		free(data);
		return NULL;
	}
	return data;
}

static void
all_bytes_pass_a_pipe_that_takes_few(void **state)
{
	uint8_t *in, *out = malloc(MUCH);
	pthread_t t;
	struct err e;
	int p[2], i;

	(void)state;
	for (i = 0; i < MUCH; i++)
		out[i] = (uint8_t)(i * 7);
	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	assert_int_equal(pthread_create(&t, NULL, read_all, &p[0]), 0);
	assert_int_equal(fd_write(p[1], out, MUCH, &e), 0);
	assert_int_equal(fd_close(&p[1], &e), 0);
	assert_int_equal(pthread_join(t, (void **)&in), 0);
	assert_non_null(in);
	assert_memory_equal(in, out, MUCH);
	fd_drop(&p[0]);
	free(in);
	free(out);
}

static void
a_file_that_ends_early_is_damaged(void **state)
{
	char b[8] = "";
	struct err e;
	size_t got;
	int fd = temporary();

	(void)state;
	assert_int_equal(fd_write(fd, "hello", 5, &e), 0);
	assert_int_equal(fd_pread(fd, b, 3, 2, &e), 0);
	assert_memory_equal(b, "llo", 3);
	assert_int_equal(fd_pread(fd, b, 4, 2, &e), -1);
	assert_int_equal(e.kind, ERR_DAMAGED);
	assert_int_equal(fd_pread(fd, b, 1, UINT64_MAX, &e), -1);
	assert_int_equal(e.kind, ERR_DAMAGED);
	assert_int_equal(fd_pread(fd, b, 0, 99, &e), 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(fd_read(fd, b, 5, &e), 0);
	assert_int_equal(fd_read(fd, b, 1, &e), -1);
	assert_int_equal(e.kind, ERR_DAMAGED);
	assert_int_equal(fd_read_some(fd, b, 1, &got, &e), 0);
	assert_int_equal(got, 0);
	fd_drop(&fd);
}

static void
system_errors_are_told(void **state)
{
	struct err e;
	size_t got;
	char b[1];
	int fd = 9999;

	(void)state;
	assert_int_equal(fd_write(-1, "x", 1, &e), -1);
	assert_int_equal(e.sys, EBADF);
	assert_int_equal(fd_read_some(-1, b, 1, &got, &e), -1);
	assert_int_equal(fd_pread(-1, b, 1, 0, &e), -1);
	assert_int_equal(fd_sync(-1, &e), -1);
	assert_string_equal(e.text, "sync: Bad file descriptor");
	assert_int_equal(fd_close(&fd, &e), -1);
	assert_int_equal(fd, -1);
	fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	assert_int_equal(fd_write(fd, "x", 1, &e), -1);
	assert_int_equal(e.sys, ENOSPC);
	fd_drop(&fd);
	assert_int_equal(fd, -1);
	fd_drop(&fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_bytes_pass_a_pipe_that_takes_few),
		cmocka_unit_test(a_file_that_ends_early_is_damaged),
		cmocka_unit_test(system_errors_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
