/*
 * The worked example of muster-format(5), read from the page itself: its
 * values are those that the code derives, and its pack opens.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/archive.h"
#include "archive/name.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/num.h"
#include "crypto/keys_internal.h"
#include "pack/check.h"
#include "pack/pack.h"
#include "../../lib/keys_kit.h"
#include "../../lib/rig.h"

#define PAGE_MAX (1u << 20)
#define PACK_LEN 265

struct example {
	struct buf	page;
	struct rig	rig;
};

/* ROOT/build/gcc/tests/unit/pack/test_example: the tree's root. */
static void
load_page(struct buf *page)
{
	char self[PATH_MAX], path[PATH_MAX + 64];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	struct err e;
	int up;

	assert_true(n > 0);
	self[n] = '\0';
	for (up = 0; up < 6; up++)
		*strrchr(self, '/') = '\0';
	(void)snprintf(path, sizeof(path), "%s/man/muster-format.5", self);
	buf_init(page, PAGE_MAX);
	if (file_load(path, page, &e) == -1 || buf_text(page, &e) == NULL)
		fail_msg("%s", e.text);
}

static int
setup(void **state)
{
	struct example *x = calloc(1, sizeof(*x));

	assert_non_null(x);
	load_page(&x->page);
	rig_open(&x->rig);
	store_secret_free(x->rig.secret);
	recovery_key_free(x->rig.recovery);
	x->rig.secret = kit_secret(0x20);
	x->rig.recovery = kit_recovery(0);
	*state = x;
	return 0;
}

static int
teardown(void **state)
{
	struct example *x = *state;

	rig_close(&x->rig);
	buf_drop(&x->page);
	free(x);
	return 0;
}

/* The line of the page that begins with this label; what follows it. */
static const char *
labelled(const struct example *x, const char *label)
{
	char line[80];
	const char *p;

	(void)snprintf(line, sizeof(line), "\n%s ", label);
	if ((p = strstr((const char *)x->page.data, line)) == NULL)
		fail_msg("the page has no line \"%s\"", label);
	return p + strlen(line);
}

/* Hexadecimal digits, which may go on in a second line. */
static void
value(const struct example *x, const char *label, uint8_t *out, size_t n)
{
	char digits[2 * 64 + 1];
	const char *p = labelled(x, label);
	size_t k = 0;

	for (; k < 2 * n; p++)
		if (*p != ' ' && *p != '\n')
			digits[k++] = *p;
	digits[k] = '\0';
	if (num_unhex(digits, out, n) == -1)
		fail_msg("%s: %s", label, digits);
}

static void
the_values_are_those_of_the_code(void **state)
{
	struct example *x = *state;
	uint8_t want[32], got[32], store[STORE_ID_BYTES];
	char name[RECOVERY_NAME_SIZE];
	uint64_t gear[256], word;
	struct id id;

	value(x, "recovery seed", want, 32);
	kit_seed(0, got);
	assert_memory_equal(want, got, 32);
	value(x, "store secret", want, 32);
	assert_memory_equal(want, store_secret_bytes(x->rig.secret), 32);
	value(x, "X25519 public", want, 32);
	assert_memory_equal(want, recovery_key_box_public(x->rig.recovery),
	    32);
	value(x, "Ed25519 public", want, 32);
	signer_public(recovery_key_signer(x->rig.recovery), got);
	assert_memory_equal(want, got, 32);
	recovery_key_name(x->rig.recovery, name);
	assert_memory_equal(labelled(x, "its name") + 7, name, 16);
	value(x, "store id", want, STORE_ID_BYTES);
	store_secret_id(x->rig.secret, store);
	assert_memory_equal(want, store, STORE_ID_BYTES);
	value(x, "chunk id", want, 32);
	store_secret_chunk_id(x->rig.secret, "hello, muster\n", 14, &id);
	assert_memory_equal(want, id.b, 32);
	store_secret_gear(x->rig.secret, gear);
	word = strtoull(labelled(x, "gear[0]"), NULL, 16);
	assert_int_equal(word, gear[0]);
	word = strtoull(labelled(x, "gear[255]"), NULL, 16);
	assert_int_equal(word, gear[255]);
}

/* The bytes of the dump. */
static void
dump(const struct example *x, uint8_t pack[PACK_LEN])
{
	const char *p = (const char *)x->page.data;
	char line[8];
	size_t n = 0;

	for (; n < PACK_LEN; n++) {
		if (n % 16 == 0) {
			(void)snprintf(line, sizeof(line), "\n%04zx ", n);
			assert_non_null(p = strstr(p, line));
			p += 6;
		}
		assert_int_equal(p[0], ' ');
		memcpy(line, p + 1, 2);
		line[2] = '\0';
		assert_int_equal(num_unhex(line, &pack[n], 1), 0);
		p += 3;
	}
	assert_int_equal(*p, '\n');
}

static void
the_pack_is_one_and_opens(void **state)
{
	struct example *x = *state;
	uint8_t pack[PACK_LEN];
	struct chunks_options o;
	struct pack_report report;
	struct ref ref = { .len = 14 };
	struct chunks *c;
	struct id sha256;
	char name[PACK_NAME_SIZE], text[15] = "";
	struct err e;

	dump(x, pack);
	id_sha256(pack, PACK_LEN, &sha256);
	(void)pack_name(&sha256, name);
	assert_non_null(strstr((char *)x->page.data, name + 9));
	assert_int_equal(store_put(x->rig.store, name, pack, PACK_LEN,
	    &sha256, &e), STORE_PUT);
	o = rig_options(&x->rig, "index");
	o.secret = x->rig.secret;
	o.recovery = x->rig.recovery;
	if ((c = chunks_open(&o, &e)) == NULL)
		fail_msg("%s", e.text);
	assert_int_equal(chunks_bad(c), 0);
	if (rig_check_pack(c, &sha256, &report, &e) == -1)
		fail_msg("%s", e.text);
	assert_int_equal(report.checked, 1);
	value(x, "chunk id", ref.id.b, 32);
	if (chunks_get(c, &ref, text, &e) == -1)
		fail_msg("%s", e.text);
	assert_string_equal(text, "hello, muster\n");
	chunks_close(c);
}

static void
the_empty_archive_and_the_hash_are_those_of_the_code(void **state)
{
	struct example *x = *state;
	struct chunks_options o = { .charter = &x->rig.charter,
	    .secret = x->rig.secret, .writable = true };
	struct archive_root root;
	struct archive_writer *w;
	char text[ID_TEXT_SIZE];
	struct chunks *c;
	struct err e;

	assert_non_null(c = chunks_open(&o, &e));
	assert_non_null(w = archive_writer_new(c, &e));
	assert_int_equal(archive_writer_end(w, &root, &e), 0);
	archive_writer_free(w);
	chunks_close(c);
	assert_non_null(strstr((char *)x->page.data,
	    id_format(&root.fingerprint, text)));
	(void)snprintf(text, sizeof(text), "%016" PRIx64,
	    name_hash("etc/hosts"));
	assert_non_null(strstr((char *)x->page.data, text));
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(the_values_are_those_of_the_code),
		T(the_pack_is_one_and_opens),
		T(the_empty_archive_and_the_hash_are_those_of_the_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
