/*
 * Every allocation of a run that writes, flushes and reads chunks fails once:
 * the run ends with "out of memory" and nothing hangs, leaks, or is wrong; or
 * it did not need that memory, and all is right.
 *
 * wrap: malloc calloc realloc
 *
 * Mutants tried, each caught: no check of the memory in refs_room(), job_add(),
 * run_run(), begin_pack(); an error of pack_job() not raised; leave_stream()
 * skipped on error (hangs).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/file.h"
#include "pack/check.h"
#include "pack/chunks.h"
#include "pack/pack.h"
#include "../lib/noise.h"
#include "../lib/rig.h"

#define N 400000u

void	*__real_malloc(size_t);
void	*__real_calloc(size_t, size_t);
void	*__real_realloc(void *, size_t);
void	*__wrap_malloc(size_t);
void	*__wrap_calloc(size_t, size_t);
void	*__wrap_realloc(void *, size_t);

static atomic_uint seen, fails;		/* fails: 0, none does */
static atomic_bool counting;

static bool
strikes(void)
{
	return atomic_load(&counting) &&
	    atomic_fetch_add(&seen, 1) + 1 == atomic_load(&fails);
}

void *
__wrap_malloc(size_t n)
{
	return strikes() ? NULL : __real_malloc(n);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return strikes() ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *p, size_t n)
{
	return strikes() ? NULL : __real_realloc(p, n);
}

static struct rig rig;
static uint8_t *data, *got;

static int
write_all(struct chunks *c, struct refs *refs, struct err *e)
{
	struct stream *s;
	int rc = -1;

	if ((s = stream_new(c, CONTENT_ROWS, e)) == NULL)
		return -1;
	if (stream_write(s, data, N, e) == 0 && stream_end(s, refs, e) == 0)
		rc = chunks_flush(c, e);
	stream_free(s);
	return rc;
}

static int
read_all(struct chunks *c, const struct refs *refs, struct err *e)
{
	struct source *s;
	const void *p;
	size_t n, done = 0;
	int rc;

	if ((s = source_new(c, refs->v, refs->n, e)) == NULL)
		return -1;
	while ((rc = source_read(s, &p, &n, e)) == 1) {
		assert_true(n <= N - done);
		memcpy(got + done, p, n);
		done += n;
	}
	source_free(s);
	if (rc == -1)
		return -1;
	assert_int_equal(done, N);
	assert_memory_equal(got, data, N);
	return chunks_get(c, &refs->v[0], got, e);
}

static int
check_all(struct chunks *c, struct err *e)
{
	char name[STORE_NAME_MAX];
	struct pack_report r;
	struct id id;
	int rc;

	atomic_store(&counting, false);
	(void)rig_pack(rig.store, 0, name);
	assert_int_equal(pack_name_parse(name, &id), 0);
	atomic_store(&counting, true);
	rc = rig_check_pack(c, &id, &r, e);
	assert_true(rc == -1 || r.checked == r.chunks);
	return rc;
}

static int
run(const struct chunks_options *o, struct err *e)
{
	struct chunks *c;
	struct refs refs;
	int rc = -1;

	refs_init(&refs);
	err_clear(e);
	atomic_store(&seen, 0);
	atomic_store(&counting, true);
	if ((c = chunks_open(o, e)) == NULL)
		goto done;
	if (write_all(c, &refs, e) == 0 && read_all(c, &refs, e) == 0)
		rc = check_all(c, e);
done:
	chunks_close(c);
	atomic_store(&counting, false);
	refs_drop(&refs);
	return rc;
}

static void
every_allocation_may_fail(void **state)
{
	struct err e;
	unsigned n, failed = 0;

	(void)state;
	for (n = 1;; n++) {
		struct chunks_options o;

		rig_open(&rig);
		o = rig_options(&rig, "a");
		o.workers = 1;
		atomic_store(&fails, n);
		if (run(&o, &e) == -1) {
			assert_int_equal(e.kind, ERR_MEMORY);
			failed++;
		}
		rig_close(&rig);
		if (atomic_load(&seen) < n)
			break;
	}
	/* How many jobs there are depends on the threads. */
	assert_in_range(n, 55, 120);
	assert_true(failed > n - 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_allocation_may_fail),
	};
	int rc;

	data = malloc(N);
	got = malloc(N);
	if (data == NULL || got == NULL)
		return 1;
	noise_text(data, N, 1);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	free(data);
	free(got);
	return rc;
}
