/*
 * What a key file says that is no secret: see key_info.h.  A file without a
 * passphrase is loaded as its key would be, so that damage is found here, not
 * on the day it is needed.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/num.h"
#include "crypto/fields.h"
#include "crypto/guard.h"
#include "crypto/key_file.h"
#include "crypto/key_info.h"
#include "crypto/keys_internal.h"

static void
take_root(struct key_info *i, const uint8_t root[32], const uint8_t own[32])
{
	(void)base64_format(root, 32, i->root);
	i->own_root = memcmp(root, own, 32) == 0;
}

/* The fields of a file whose secret we cannot open. */
static int
from_words(struct key_info *i, const json_t *json, struct err *e)
{
	char box_text[BASE64_SIZE(32)], sign_text[BASE64_SIZE(32)];
	uint8_t box[32], sign[32], root[32];

	if (fields_base64(json, "box", box, 32, e) == -1 ||
	    fields_base64(json, "sign", sign, 32, e) == -1 ||
	    fields_base64(json, "root", root, 32, e) == -1)
		return -1;
	keyid_of(box, i->name);
	(void)snprintf(i->text, sizeof(i->text), RECOVERY_LINE "%s %s",
	    base64_format(box, 32, box_text),
	    base64_format(sign, 32, sign_text));
	take_root(i, root, sign);
	return 0;
}

static int
from_recovery(struct key_info *i, const char *path, struct err *e)
{
	uint8_t root[32], sign[32];
	struct recovery_key *k;
	struct buf line;
	int rc = -1;

	buf_init(&line, sizeof(i->text));
	if ((k = recovery_key_load(path, NULL, e)) == NULL ||
	    recovery_key_public_text(k, &line, e) == -1 ||
	    buf_text(&line, e) == NULL)
		goto done;
	(void)snprintf(i->text, sizeof(i->text), "%s", (char *)line.data);
	recovery_key_name(k, i->name);
	recovery_key_root(k, root);
	signer_public(recovery_key_signer(k), sign);
	take_root(i, root, sign);
	rc = 0;
done:
	buf_drop(&line);
	recovery_key_free(k);
	return rc;
}

static int
from_writer(struct key_info *i, const char *path, struct err *e)
{
	uint8_t root[32], public[32], store[STORE_ID_BYTES];
	char text[BASE64_SIZE(32)];
	struct writer_key *k;

	if ((k = writer_key_load(path, e)) == NULL)
		return -1;
	signer_public(writer_key_signer(k), public);
	keyid_of(public, i->name);
	(void)snprintf(i->text, sizeof(i->text), "muster-signer-1 %s",
	    base64_format(public, 32, text));
	writer_key_root(k, root);
	take_root(i, root, public);
	store_secret_id(writer_key_secret(k), store);
	(void)num_hex(store, sizeof(store), i->store);
	writer_key_free(k);
	return 0;
}

int
key_info_load(struct key_info *i, const char *path, struct err *e)
{
	struct key_file f;
	int rc;

	memset(i, 0, sizeof(*i));
	if (key_file_load(&f, path, e) == -1)
		return -1;
	i->recovery = f.kind == KEY_RECOVERY;
	i->locked = i->recovery &&
	    json_is_object(json_object_get(f.json, "kdf"));
	if (!i->recovery)
		rc = from_writer(i, path, e);
	else if (!i->locked)
		rc = from_recovery(i, path, e);
	else if ((rc = from_words(i, f.json, e)) == -1)
		(void)err_add(e, "cannot use key file %s", path);
	key_file_drop(&f);
	return rc;
}

char *
key_info_format(const struct key_info *i, char out[KEY_INFO_TEXT_MAX])
{
	const char *kept = "";

	if (i->locked)
		kept = ", under a passphrase";
	else if (i->recovery)
		kept = ", bare: whoever reads the file has the key";
	(void)snprintf(out, KEY_INFO_TEXT_MAX,
	    "%s key %s%s\npublic: %s\nroot: %s%s\n%s%s%s",
	    i->recovery ? "recovery" : "writer", i->name, kept, i->text,
	    i->root, i->own_root ? " (itself)" : "",
	    i->recovery ? "" : "store: ", i->store, i->recovery ? "" : "\n");
	return out;
}

json_t *
key_info_json(const struct key_info *i)
{
	return json_pack("{s:s, s:s, s:b, s:s, s:s, s:s*}",
	    "kind", i->recovery ? "recovery" : "writer", "name", i->name,
	    "passphrase", i->locked, "public", i->text, "root", i->root,
	    "store", i->recovery ? NULL : i->store);
}
