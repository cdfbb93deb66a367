/*
 * The text form of key files: see key_file.h.  The whole text, secret line
 * included, is only ever in guarded memory.
 */
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/file.h"
#include "base/num.h"
#include "crypto/fields.h"
#include "crypto/guard.h"
#include "crypto/key_file.h"

#define VERSION 1
#define CHECK_CONTEXT "musterkf"
#define CHECK_SUBKEY 1

static const char *const magic[] = {
	[KEY_RECOVERY] = "muster recovery key ",
	[KEY_WRITER] = "muster writer key ",
};

static const struct fields_limits limits = { 4, 64 };

/* The first line: which kind, and a version that we know. */
static int
read_magic(struct key_file *f, size_t len, struct err *e)
{
	char version[8];
	size_t n, i;
	uint64_t v;

	for (i = 0; i < sizeof(magic) / sizeof(magic[0]); i++) {
		n = strlen(magic[i]);
		if (len <= n || memcmp(f->text, magic[i], n) != 0)
			continue;
		f->kind = (enum key_kind)i;
		(void)snprintf(version, sizeof(version), "%.*s",
		    (int)(len - n < 7 ? len - n : 7), f->text + n);
		if (version[0] == '0' ||
		    num_parse(version, 1, 999999, &v, e) == -1)
			break;
		if (v > VERSION)
			return err_set(e, ERR_UNSUPPORTED, "it is of version "
			    "%llu; this muster knows version %d: use a newer "
			    "muster", (unsigned long long)v, VERSION);
		return 0;
	}
	return err_set(e, ERR_DAMAGED, "it is not a muster key file");
}

static int
take_apart(struct key_file *f, struct err *e)
{
	size_t at[3], n = 0, i;

	for (i = 0; i < f->len; i++) {
		if (f->text[i] != '\n')
			continue;
		if (n < 3)
			at[n] = i;
		n++;
	}
	if (n > 0 && read_magic(f, at[0], e) == -1)
		return -1;
	if (n != 3 || at[2] != f->len - 1)
		return err_set(e, ERR_DAMAGED, "it is not a muster key file "
		    "of three lines");
	f->bound = at[1] + 1;
	f->secret = f->text + f->bound;
	f->secret_len = at[2] - f->bound;
	f->json = fields_parse(f->text + at[0] + 1, at[1] - at[0] - 1,
	    &limits, e);
	return f->json == NULL ? -1 : 0;
}

int
key_file_load(struct key_file *f, const char *path, struct err *e)
{
	*f = (struct key_file){ 0 };
	if ((f->text = guard_new(KEY_FILE_MAX, e)) == NULL)
		return -1;
	if (file_load_secret(path, f->text, KEY_FILE_MAX, &f->len, e) == -1) {
		if (e->kind == ERR_INPUT)
			e->kind = ERR_DAMAGED;	/* no key file is so large */
		key_file_drop(f);
		return -1;
	}
	if (take_apart(f, e) == -1) {
		key_file_drop(f);
		return err_add(e, "cannot use key file %s", path);
	}
	return 0;
}

int
key_file_parse(struct key_file *f, const void *p, size_t n, struct err *e)
{
	*f = (struct key_file){ 0 };
	if (n > KEY_FILE_MAX)
		return err_set(e, ERR_DAMAGED, "it is not a muster key file");
	if ((f->text = guard_new(KEY_FILE_MAX, e)) == NULL)
		return -1;
	memcpy(f->text, p, n);
	f->len = n;
	if (take_apart(f, e) == -1) {
		key_file_drop(f);
		return -1;
	}
	return 0;
}

int
key_file_begin(struct key_file *f, enum key_kind kind, const json_t *json,
    struct err *e)
{
	char *line;
	int n;

	*f = (struct key_file){ .kind = kind };
	if ((line = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS)) == NULL)
		return err_memory(e);
	if ((f->text = guard_new(KEY_FILE_MAX, e)) == NULL) {
		free(line);
		return -1;
	}
	n = snprintf(f->text, KEY_FILE_MAX, "%s%d\n%s\n", magic[kind],
	    VERSION, line);
	free(line);
	if (n < 0 || n > KEY_FILE_MAX - 256) {
		key_file_drop(f);
		return err_set(e, ERR_INPUT, "the key file would be too long");
	}
	f->len = f->bound = (size_t)n;
	return 0;
}

int
key_file_save(struct key_file *f, const uint8_t *secret, size_t n,
    const char *path, struct err *e)
{
	size_t len = BASE64_SIZE(n) - 1;

	_Static_assert(BASE64_SIZE(KEY_FILE_SECRET_MAX) < 256, "it fits");
	(void)base64_format(secret, n, f->text + f->bound);
	f->text[f->bound + len] = '\n';
	f->len = f->bound + len + 1;
	return file_create_path(path, 0600, f->text, f->len, e);
}

void
key_file_check(const struct key_file *f, const uint8_t *secret, size_t n,
    uint8_t check[KEY_FILE_CHECK])
{
	uint8_t key[crypto_kdf_KEYBYTES];
	crypto_generichash_state hash;

	(void)crypto_kdf_derive_from_key(key, sizeof(key), CHECK_SUBKEY,
	    CHECK_CONTEXT, secret);
	(void)crypto_generichash_init(&hash, key, sizeof(key), KEY_FILE_CHECK);
	(void)crypto_generichash_update(&hash, (const uint8_t *)f->text,
	    f->bound);
	(void)crypto_generichash_update(&hash, secret, n);
	(void)crypto_generichash_final(&hash, check, KEY_FILE_CHECK);
	sodium_memzero(key, sizeof(key));
	sodium_memzero(&hash, sizeof(hash));
}

uint8_t *
key_file_open_checked(const struct key_file *f, size_t n, struct err *e)
{
	uint8_t check[KEY_FILE_CHECK];
	uint8_t *secret;

	if ((secret = guard_new(n + KEY_FILE_CHECK, e)) == NULL)
		return NULL;
	if (base64_parse(f->secret, f->secret_len, secret,
	    n + KEY_FILE_CHECK) == 0) {
		key_file_check(f, secret, n, check);
		if (sodium_memcmp(check, secret + n, KEY_FILE_CHECK) == 0)
			return secret;
	}
	guard_free(secret);
	(void)err_set(e, ERR_DAMAGED, "the key file was changed");
	return NULL;
}

int
key_file_save_checked(struct key_file *f, const uint8_t *secret, size_t n,
    const char *path, struct err *e)
{
	uint8_t *both;
	int rc;

	if ((both = guard_new(n + KEY_FILE_CHECK, e)) == NULL)
		return -1;
	memcpy(both, secret, n);
	key_file_check(f, secret, n, both + n);
	rc = key_file_save(f, both, n + KEY_FILE_CHECK, path, e);
	guard_free(both);
	return rc;
}

void
key_file_drop(struct key_file *f)
{
	guard_free(f->text);
	json_decref(f->json);
	*f = (struct key_file){ 0 };
}
