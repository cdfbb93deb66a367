/*
 * Writer keys: what a host that takes backups holds, in the text form of
 * key_file.h.  The secret line carries the store secret and the signer's
 * seed; no passphrase, since the host works unattended.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/num.h"
#include "crypto/charter.h"
#include "crypto/fields.h"
#include "crypto/guard.h"
#include "crypto/key_file.h"
#include "crypto/keys.h"
#include "crypto/keys_internal.h"

static const char note[] =
    "whoever reads this file can add backups in this host's name";

struct writer_key {
	struct store_secret	*secret;
	struct signer		*signer;
	uint8_t			 root[SIGNER_PUBLIC_SIZE];
};

static json_t *
describe(const struct store_secret *secret, const struct signer *signer,
    const uint8_t root[SIGNER_PUBLIC_SIZE])
{
	char line[BASE64_SIZE(32)], trusted[BASE64_SIZE(32)];
	char keyid[KEYID_SIZE], hex[2 * STORE_ID_BYTES + 1];
	uint8_t public[SIGNER_PUBLIC_SIZE], store[STORE_ID_BYTES];

	signer_public(signer, public);
	keyid_of(public, keyid);
	store_secret_id(secret, store);
	return json_pack("{s:s, s:s, s:s, s:s, s:s}", "keyid", keyid,
	    "note", note, "public", base64_format(public, 32, line),
	    "root", base64_format(root, 32, trusted),
	    "store", num_hex(store, sizeof(store), hex));
}

int
writer_key_save(const char *path, const struct store_secret *secret,
    const struct signer *signer, const uint8_t root[SIGNER_PUBLIC_SIZE],
    struct err *e)
{
	struct key_file f = { 0 };
	uint8_t *both = NULL;
	json_t *json = NULL;
	int rc = -1;

	if ((both = guard_new(2 * SECRET_SIZE, e)) == NULL)
		goto done;
	memcpy(both, store_secret_bytes(secret), SECRET_SIZE);
	memcpy(both + SECRET_SIZE, signer_seed(signer), SECRET_SIZE);
	if ((json = describe(secret, signer, root)) == NULL) {
		(void)err_memory(e);
		goto done;
	}
	if (key_file_begin(&f, KEY_WRITER, json, e) == -1)
		goto done;
	rc = key_file_save_checked(&f, both, 2 * SECRET_SIZE, path, e);
done:
	if (rc == -1)
		(void)err_add(e, "cannot save writer key %s", path);
	guard_free(both);
	json_decref(json);
	key_file_drop(&f);
	return rc;
}

static struct writer_key *
from_file(const struct key_file *f, struct err *e)
{
	struct writer_key *k = NULL, *made = NULL;
	uint8_t *both = NULL;

	if (f->kind != KEY_WRITER) {
		(void)err_set(e, ERR_DAMAGED, "it is another kind "
		    "of key: expected a writer key");
		goto done;
	}
	if ((made = calloc(1, sizeof(*made))) == NULL) {
		(void)err_memory(e);
		goto done;
	}
	if (fields_count(f->json, 5, e) == -1 ||
	    fields_base64(f->json, "root", made->root, sizeof(made->root),
	    e) == -1 ||
	    (both = key_file_open_checked(f, 2 * SECRET_SIZE, e)) == NULL)
		goto done;
	if ((made->secret = store_secret_from(both, e)) == NULL ||
	    (made->signer = signer_from(both + SECRET_SIZE, e)) == NULL)
		goto done;
	k = made;
	made = NULL;		/* the caller's */
done:
	guard_free(both);
	writer_key_free(made);
	return k;
}

struct writer_key *
writer_key_load(const char *path, struct err *e)
{
	struct writer_key *k;
	struct key_file f;

	if (key_file_load(&f, path, e) == -1)
		return NULL;
	if ((k = from_file(&f, e)) == NULL)
		(void)err_add(e, "cannot load writer key %s", path);
	key_file_drop(&f);
	return k;
}

void
writer_key_free(struct writer_key *k)
{
	if (k == NULL)
		return;
	store_secret_free(k->secret);
	signer_free(k->signer);
	free(k);
}

const struct store_secret *
writer_key_secret(const struct writer_key *k)
{
	return k->secret;
}

const struct signer *
writer_key_signer(const struct writer_key *k)
{
	return k->signer;
}

void
writer_key_root(const struct writer_key *k, uint8_t out[SIGNER_PUBLIC_SIZE])
{
	memcpy(out, k->root, SIGNER_PUBLIC_SIZE);
}
