/* Key files on paper and back, and what a key file says of itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/err.h"
#include "crypto/charter.h"
#include "crypto/key_info.h"
#include "crypto/keys_internal.h"
#include "crypto/paper.h"
#include "../../lib/keys_kit.h"

static const uint8_t other_root[32] = { 4, 2 };
static char	rows[16384];	/* of the key file "key" */
static size_t	n_rows;

static int
enter(void **state)
{
	struct recovery_key *r;
	struct err e;
	int fd, rc;

	if (kit_enter(state) == -1)
		return -1;
	r = kit_recovery(3);
	rc = recovery_key_save(r, "key", NULL, NULL, &e);
	recovery_key_free(r);
	if (rc == -1 || (fd = open("rows", O_WRONLY | O_CREAT, 0600)) == -1)
		return -1;
	rc = paper_print("key", fd, &e);
	(void)close(fd);
	n_rows = kit_read("rows", rows, sizeof(rows) - 1);
	rows[n_rows] = '\0';
	return rc;
}

static int
type(const char *text, size_t n, const char *path, struct err *e)
{
	int fd, rc;

	kit_write("typed", text, n, 0600);
	assert_true((fd = open("typed", O_RDONLY)) != -1);
	rc = paper_type(fd, path, e);
	assert_int_equal(close(fd), 0);
	return rc;
}

static void
assert_same_files(const char *a, const char *b)
{
	char p[4096], q[4096];
	size_t n = kit_read(a, p, sizeof(p));

	assert_int_equal(kit_read(b, q, sizeof(q)), n);
	assert_memory_equal(p, q, n);
}

static void
rows_make_the_file_again(void **state)
{
	struct stat st;
	struct err e;

	(void)state;
	assert_int_equal(type(rows, n_rows, "again", &e), 0);
	assert_same_files("key", "again");
	assert_int_equal(stat("again", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(type(rows, n_rows, "again", &e), -1);
	assert_int_equal(e.kind, ERR_EXISTS);
}

/* Blanks, empty lines and remarks do not matter. */
static void
rows_may_be_typed_loosely(void **state)
{
	char loose[32768] = "# our key\n\n";
	size_t n = strlen(loose), i;
	struct err e;

	(void)state;
	for (i = 0; i < n_rows; i++) {
		if (rows[i] == '\n')
			n += (size_t)sprintf(loose + n, " \r\n\n");
		else if (rows[i] == ' ')
			n += (size_t)sprintf(loose + n, "\t  ");
		else
			loose[n++] = rows[i];
	}
	assert_int_equal(type(loose, n, "again", &e), 0);
	assert_same_files("key", "again");
}

static void
a_typing_error_is_found_in_its_row(void **state)
{
	char bad[sizeof(rows)], want[16];
	size_t i, row = 1;
	struct err e;

	(void)state;
	for (i = 0; i < n_rows; i++) {
		if (rows[i] == '\n')
			row++;
		if (rows[i] == '\n' || rows[i] == ' ')
			continue;
		memcpy(bad, rows, n_rows);
		bad[i] = bad[i] == 'x' ? 'y' : 'x';
		assert_int_equal(type(bad, n_rows, "again", &e), -1);
		assert_int_equal(e.kind, ERR_INPUT);
		(void)snprintf(want, sizeof(want), "row %02zu", row);
		assert_non_null(strstr(e.text, want));
		assert_int_equal(access("again", F_OK), -1);
	}
}

static void
rows_left_out_swapped_or_cut_are_noticed(void **state)
{
	char swapped[sizeof(rows)];
	const char *second, *third;
	size_t i, a, b;
	struct err e;

	(void)state;
	for (i = 0; i < n_rows - 1; i++) {
		assert_int_equal(type(rows, i, "again", &e), -1);
		assert_int_equal(e.kind, ERR_INPUT);
	}
	second = strchr(rows, '\n') + 1;
	third = strchr(second, '\n') + 1;
	assert_int_equal(type(second, strlen(second), "again", &e), -1);
	a = (size_t)(second - rows);
	b = (size_t)(third - second);
	memcpy(swapped, second, b);
	memcpy(swapped + b, rows, a);
	memcpy(swapped + a + b, third, strlen(third));
	assert_int_equal(type(swapped, n_rows, "again", &e), -1);
	assert_int_equal(e.kind, ERR_INPUT);
}

static void
too_much_is_refused(void **state)
{
	static char much[20000];
	struct err e;

	(void)state;
	memset(much, '#', sizeof(much));
	assert_int_equal(type(much, sizeof(much), "again", &e), -1);
	assert_int_equal(e.kind, ERR_INPUT);
	memset(much, '0', 1000);
	assert_int_equal(type(much, 1000, "again", &e), -1);
	assert_int_equal(e.kind, ERR_INPUT);
	assert_int_equal(type("", 0, "again", &e), -1);
	assert_int_equal(e.kind, ERR_INPUT);
}

static void
only_key_files_are_printed(void **state)
{
	struct err e;

	(void)state;
	kit_write("text", "hello\n", 6, 0600);
	assert_int_equal(paper_print("text", 1, &e), -1);
	assert_int_equal(e.kind, ERR_DAMAGED);
	kit_write("text", "muster recovery key 1\n{\"a\":\"b_c\"}\nx\n",
	    36, 0600);
	assert_int_equal(paper_print("text", 1, &e), -1);
	assert_int_equal(e.kind, ERR_INPUT);
	assert_int_equal(paper_print("key", -1, &e), -1);
	assert_int_equal(e.kind, ERR_SYSTEM);
}

static void
a_bare_key_says_what_it_is(void **state)
{
	char text[KEY_INFO_TEXT_MAX];
	struct key_info i;
	struct err e;
	json_t *json;

	(void)state;
	assert_int_equal(key_info_load(&i, "key", &e), 0);
	assert_true(i.recovery && !i.locked && i.own_root);
	assert_non_null(strstr(key_info_format(&i, text), ", bare: whoever"));
	assert_non_null(strstr(text, i.text));
	assert_non_null(strstr(text, " (itself)\n"));
	assert_null(strstr(text, "store:"));
	assert_non_null(json = key_info_json(&i));
	assert_string_equal(json_string_value(json_object_get(json, "kind")),
	    "recovery");
	assert_null(json_object_get(json, "store"));
	json_decref(json);
}

static void
a_locked_key_says_the_same_without_its_passphrase(void **state)
{
	const struct passphrase_source from = { .file = "pass" };
	struct recovery_key *r = kit_recovery(3);
	char text[KEY_INFO_TEXT_MAX];
	struct key_info bare, i;
	struct err e;

	(void)state;
	kit_write("pass", "x\n", 2, 0600);
	assert_int_equal(recovery_key_save(r, "locked", &from, other_root, &e),
	    0);
	assert_int_equal(key_info_load(&bare, "key", &e), 0);
	assert_int_equal(key_info_load(&i, "locked", &e), 0);
	assert_true(i.recovery && i.locked && !i.own_root);
	assert_string_equal(i.text, bare.text);
	assert_string_equal(i.name, bare.name);
	assert_string_not_equal(i.root, bare.root);
	assert_non_null(strstr(key_info_format(&i, text),
	    ", under a passphrase\n"));
	recovery_key_free(r);
}

static void
a_writer_key_says_its_store(void **state)
{
	struct store_secret *s = kit_secret(0);
	struct signer *g = kit_signer(2);
	char text[KEY_INFO_TEXT_MAX];
	struct key_info i;
	struct err e;
	json_t *json;

	(void)state;
	assert_int_equal(writer_key_save("w", s, g, other_root, &e), 0);
	assert_int_equal(key_info_load(&i, "w", &e), 0);
	assert_false(i.recovery || i.locked || i.own_root);
	assert_string_equal(i.store, "05dd873027992af22971c187482781f2");
	assert_non_null(strstr(key_info_format(&i, text),
	    "\nstore: 05dd873027992af22971c187482781f2\n"));
	assert_non_null(strstr(text, "public: muster-signer-1 "));
	assert_non_null(json = key_info_json(&i));
	assert_string_equal(json_string_value(json_object_get(json, "store")),
	    i.store);
	json_decref(json);
	store_secret_free(s);
	signer_free(g);
}

static void
what_is_no_key_says_nothing(void **state)
{
	char text[4096];
	struct key_info i;
	struct err e;
	size_t n;

	(void)state;
	assert_int_equal(key_info_load(&i, "absent", &e), -1);
	assert_int_equal(e.kind, ERR_ABSENT);
	n = kit_read("key", text, sizeof(text));
	text[40] ^= 1;
	kit_write("damaged", text, n, 0600);
	assert_int_equal(key_info_load(&i, "damaged", &e), -1);
	assert_int_equal(e.kind, ERR_DAMAGED);
	kit_write("loose", text, n, 0644);
	assert_int_equal(key_info_load(&i, "loose", &e), -1);
	assert_int_equal(e.kind, ERR_DENIED);
	n = (size_t)sprintf(text, "muster recovery key 1\n"
	    "{\"kdf\":{},\"box\":\"\"}\nx\n");
	kit_write("odd", text, n, 0600);
	assert_int_equal(key_info_load(&i, "odd", &e), -1);
	assert_int_equal(e.kind, ERR_DAMAGED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, enter, kit_leave)
		T(rows_make_the_file_again),
		T(rows_may_be_typed_loosely),
		T(a_typing_error_is_found_in_its_row),
		T(rows_left_out_swapped_or_cut_are_noticed),
		T(too_much_is_refused),
		T(only_key_files_are_printed),
		T(a_bare_key_says_what_it_is),
		T(a_locked_key_says_the_same_without_its_passphrase),
		T(a_writer_key_says_its_store),
		T(what_is_no_key_says_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
