/* Compression in frames of known length. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/err.h"
#include "pack/zip.h"
#include "../../lib/noise.h"

#define N 300000

static uint8_t in[N], back[N + 1];

static void
text_comes_back_and_is_smaller(void **state)
{
	const int levels[] = { 1, 3 };
	struct zip *z;
	struct buf out;
	struct err e;

	(void)state;
	assert_non_null(z = zip_new(&e));
	buf_init(&out, 1 << 20);
	noise_text(in, N, 1);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(zip_squeeze(z, levels[i], in, N, &out, &e),
		    0);
		assert_true(out.len > 0 && out.len < N / 2);
		memset(back, 0, sizeof(back));
		assert_int_equal(zip_expand(z, out.data, out.len, back, N,
		    &e), 0);
		assert_memory_equal(in, back, N);
	}
	buf_drop(&out);
	zip_free(z);
}

static void
noise_is_left_alone(void **state)
{
	struct zip *z;
	struct buf out;
	struct err e;

	(void)state;
	assert_non_null(z = zip_new(&e));
	buf_init(&out, 1 << 20);
	noise_fill(in, N, 2);
	assert_int_equal(zip_squeeze(z, 3, in, N, &out, &e), 0);
	assert_int_equal(out.len, 0);
	assert_int_equal(zip_squeeze(z, 3, in, 1, &out, &e), 0);
	assert_int_equal(out.len, 0);
	buf_drop(&out);
	zip_free(z);
}

static void
another_length_or_a_broken_frame_is_damage(void **state)
{
	struct zip *z;
	struct buf out;
	struct err e;

	(void)state;
	assert_non_null(z = zip_new(&e));
	buf_init(&out, 1 << 20);
	noise_text(in, N, 3);
	assert_int_equal(zip_squeeze(z, 3, in, N, &out, &e), 0);
	back[N - 1] = 'k';
	assert_int_equal(zip_expand(z, out.data, out.len, back, N - 1, &e),
	    -1);
	assert_int_equal(e.kind, ERR_DAMAGED);
	assert_int_equal(back[N - 1], 'k');
	assert_int_equal(zip_expand(z, out.data, out.len, back, N + 1, &e),
	    -1);
	assert_int_equal(e.kind, ERR_DAMAGED);
	assert_int_equal(zip_expand(z, out.data, out.len - 1, back, N, &e),
	    -1);
	assert_int_equal(e.kind, ERR_DAMAGED);
	assert_int_equal(zip_expand(z, "x", 1, back, N, &e), -1);
	assert_int_equal(zip_expand(z, "", 0, back, N, &e), -1);
	assert_int_equal(e.kind, ERR_DAMAGED);
	buf_drop(&out);
	zip_free(z);
}

static void
a_buffer_too_small_is_an_error(void **state)
{
	struct zip *z;
	struct buf out;
	struct err e;

	(void)state;
	assert_non_null(z = zip_new(&e));
	buf_init(&out, 1000);
	assert_int_equal(zip_squeeze(z, 3, in, N, &out, &e), -1);
	assert_int_equal(e.kind, ERR_MEMORY);
	buf_drop(&out);
	zip_free(z);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_comes_back_and_is_smaller),
		cmocka_unit_test(noise_is_left_alone),
		cmocka_unit_test(another_length_or_a_broken_frame_is_damage),
		cmocka_unit_test(a_buffer_too_small_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
