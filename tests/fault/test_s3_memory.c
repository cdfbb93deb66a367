/*
 * Every allocation of a put, get, look, list and removal in a bucket fails
 * once, those of libs3 among them: the run ends with an error, or did not need
 * that memory and is right; nothing crashes, leaks, or is wrong.
 *
 * wrap: malloc calloc realloc strdup
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "crypto/id.h"
#include "store/s3/s3.h"
#include "store/s3/s3_config.h"
#include "store/s3/s3_keys.h"
#include "store/store.h"
#include "../lib/helper.h"

void	*__real_malloc(size_t);
void	*__real_calloc(size_t, size_t);
void	*__real_realloc(void *, size_t);
char	*__real_strdup(const char *);
void	*__wrap_malloc(size_t);
void	*__wrap_calloc(size_t, size_t);
void	*__wrap_realloc(void *, size_t);
char	*__wrap_strdup(const char *);

static atomic_uint seen, fails;		/* fails: 0, none does */
static atomic_bool counting;
static struct helper server;
static char endpoint[64];

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

char *
__wrap_strdup(const char *text)
{
	return strikes() ? NULL : __real_strdup(text);
}

static int
is_it(void *cookie, const struct store_info *info, struct err *e)
{
	(void)e;
	*(int *)cookie += strcmp(info->name, "a") == 0 && info->size == 1;
	return 0;
}

static struct store *
open_store(unsigned n, struct err *e)
{
	const struct store_options o = { .endpoint = endpoint };
	struct s3_config c;
	struct s3_keys *keys;
	char url[64];

	(void)snprintf(url, sizeof(url), "s3://bucket/%u", n);
	if (s3_config_make(&c, url, &o, e) == -1 ||
	    (keys = s3_keys_new(NULL, NULL, e)) == NULL)
		return NULL;
	c.first_wait = 1;
	c.longest_wait = 5;
	return s3_open_config(url, &c, keys, e);
}

/* 0: all was done, and right; -1: an error; 1: it is wrong. */
static int
use(unsigned n, struct err *e)
{
	struct store_info info;
	struct id digest;
	struct store *s;
	int count = 0, rc = -1;
	char out = '?';

	id_sha256("x", 1, &digest);
	if ((s = open_store(n, e)) == NULL)
		return -1;
	if (store_put(s, "a", "x", 1, &digest, e) == STORE_FAILED ||
	    store_get(s, "a", 0, 1, &out, e) == -1 ||
	    store_head(s, "a", &info, e) == -1 ||
	    store_list(s, "", is_it, &count, e) == -1 ||
	    store_remove(s, "a", e) == -1)
		goto done;
	rc = out == 'x' && info.size == 1 && count == 1 ? 0 : 1;
done:
	store_close(s);
	return rc;
}

static void
every_allocation_may_fail(void **state)
{
	unsigned n, total, errors = 0;
	struct err e;
	int rc;

	(void)state;
	err_clear(&e);
	if (use(0, &e) != 0)		/* what is allocated once for ever */
		fail_msg("%s", e.text);
	atomic_store(&counting, true);
	assert_int_equal(use(1, &e), 0);
	atomic_store(&counting, false);
	total = atomic_load(&seen);
	assert_in_range(total, 50, 5000);
	for (n = 1; n <= total; n++) {
		err_clear(&e);
		atomic_store(&seen, 0);
		atomic_store(&fails, n);
		atomic_store(&counting, true);
		rc = use(n + 1, &e);
		atomic_store(&counting, false);
		if (rc == 1 || (rc == -1 && e.text[0] == '\0'))
			fail_msg("allocation %u of %u: %d %s", n, total, rc,
			    e.text);
		errors += rc == -1;
	}
	print_message("%u allocations, %u of them were needed\n", total,
	    errors);
	assert_true(errors > total / 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_allocation_may_fail),
	};
	int failed;

	(void)setenv("AWS_ACCESS_KEY_ID", "A", 1);
	(void)setenv("AWS_SECRET_ACCESS_KEY", "s", 1);
	(void)setenv("no_proxy", "*", 1);
	helper_start(&server, "tests/lib/hostile_s3.py", NULL, NULL, NULL);
	(void)snprintf(endpoint, sizeof(endpoint), "http://127.0.0.1:%u",
	    (unsigned)server.port);
	failed = cmocka_run_group_tests_name("s3 memory", tests, NULL, NULL);
	helper_stop(&server);
	return failed;
}
