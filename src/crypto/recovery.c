/*
 * Recovery keys: 32 random bytes, from which an X25519 pair (opens) and an
 * Ed25519 pair (signs charters) are derived: context "musterrk", subkeys 1
 * and 2.  Their file is key_file.h's, under Argon2id and XChaCha20-Poly1305
 * or bare with a check.
 */
#include <jansson.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/fields.h"
#include "crypto/guard.h"
#include "crypto/key_file.h"
#include "crypto/keys.h"
#include "crypto/keys_internal.h"
#include "crypto/passphrase.h"

#define CONTEXT "musterrk"
#define ALGORITHM "argon2id13"
#define SEALED_SIZE (SECRET_SIZE + crypto_aead_xchacha20poly1305_ietf_ABYTES)
#define NONCE_SIZE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES

/* What a file may ask of the machine that loads it. */
#define MEMORY_MIN crypto_pwhash_MEMLIMIT_INTERACTIVE
#define MEMORY_MAX (1u << 30)
#define PASSES_MIN crypto_pwhash_OPSLIMIT_INTERACTIVE
#define PASSES_MAX 16

enum {
	SUBKEY_BOX = 1,
	SUBKEY_SIGN = 2
};

struct recovery_key {
	uint8_t		 seed[SECRET_SIZE];
	uint8_t		 box_secret[crypto_box_SECRETKEYBYTES];
	uint8_t		 box_public[crypto_box_PUBLICKEYBYTES];
	uint8_t		 root[SIGNER_PUBLIC_SIZE];
	struct signer	*signer;
};

/* How the seed was encrypted. */
struct lock {
	uint8_t		 salt[crypto_pwhash_SALTBYTES];
	uint8_t		 nonce[NONCE_SIZE];
	uint64_t	 memory;	/* bytes */
	uint64_t	 passes;
};

static const char note_locked[] = "under a passphrase";
static const char note_bare[] =
    "bare: whoever reads this file can open the backups";

struct recovery_key *
recovery_key_from(const uint8_t seed[SECRET_SIZE], const uint8_t *root,
    struct err *e)
{
	struct recovery_key *k = NULL, *made;
	uint8_t *sub = NULL;

	if ((made = guard_new(sizeof(*made), e)) == NULL ||
	    (sub = guard_new(SECRET_SIZE, e)) == NULL)
		goto done;
	memcpy(made->seed, seed, SECRET_SIZE);
	(void)crypto_kdf_derive_from_key(sub, SECRET_SIZE, SUBKEY_BOX,
	    CONTEXT, seed);
	(void)crypto_box_seed_keypair(made->box_public, made->box_secret, sub);
	(void)crypto_kdf_derive_from_key(sub, SECRET_SIZE, SUBKEY_SIGN,
	    CONTEXT, seed);
	if ((made->signer = signer_from(sub, e)) == NULL)
		goto done;
	if (root != NULL)
		memcpy(made->root, root, sizeof(made->root));
	else
		signer_public(made->signer, made->root);
	guard_freeze(made);
	k = made;
	made = NULL;		/* the caller's */
done:
	guard_free(sub);
	recovery_key_free(made);
	return k;
}

struct recovery_key *
recovery_key_new(struct err *e)
{
	struct recovery_key *k;
	uint8_t *seed;

	if ((seed = guard_new(SECRET_SIZE, e)) == NULL)
		return NULL;
	randombytes_buf(seed, SECRET_SIZE);
	k = recovery_key_from(seed, NULL, e);
	guard_free(seed);
	return k;
}

void
recovery_key_free(struct recovery_key *k)
{
	if (k == NULL)
		return;
	signer_free(k->signer);
	guard_free(k);
}

/* The key that a passphrase and the lock's parameters make; guarded. */
static uint8_t *
stretch(const struct lock *lock, const struct passphrase *p, struct err *e)
{
	uint8_t *key;

	if ((key = guard_new(crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
	    e)) == NULL)
		return NULL;
	if (crypto_pwhash(key, crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
	    p->text, p->len, lock->salt, lock->passes, (size_t)lock->memory,
	    crypto_pwhash_ALG_ARGON2ID13) == 0)
		return key;
	(void)err_set(e, ERR_MEMORY, "a passphrase takes %llu MiB of memory, "
	    "and there is not as much",
	    (unsigned long long)(lock->memory >> 20));
	guard_free(key);
	return NULL;
}

static json_t *
describe(const struct recovery_key *k, const uint8_t *root,
    const struct lock *lock)
{
	char box[BASE64_SIZE(32)], sign[BASE64_SIZE(32)];
	char trusted[BASE64_SIZE(32)], name[RECOVERY_NAME_SIZE];
	char salt[BASE64_SIZE(crypto_pwhash_SALTBYTES)];
	char nonce[BASE64_SIZE(NONCE_SIZE)];
	uint8_t public[SIGNER_PUBLIC_SIZE];
	json_t *kdf;

	signer_public(k->signer, public);
	recovery_key_name(k, name);
	if (lock == NULL)
		kdf = json_null();
	else
		kdf = json_pack("{s:s, s:I, s:s, s:I, s:s}",
		    "algorithm", ALGORITHM,
		    "memory", (json_int_t)lock->memory,
		    "nonce", base64_format(lock->nonce, NONCE_SIZE, nonce),
		    "passes", (json_int_t)lock->passes, "salt",
		    base64_format(lock->salt, sizeof(lock->salt), salt));
	return json_pack("{s:s, s:o, s:s, s:s, s:s, s:s}",
	    "box", base64_format(k->box_public, 32, box), "kdf", kdf,
	    "name", name, "note", lock != NULL ? note_locked : note_bare,
	    "root", base64_format(root != NULL ? root : public, 32, trusted),
	    "sign", base64_format(public, 32, sign));
}

static int
save_locked(struct key_file *f, const struct recovery_key *k,
    const struct lock *lock, const struct passphrase *p, const char *path,
    struct err *e)
{
	uint8_t sealed[SEALED_SIZE];
	uint8_t *key;

	if ((key = stretch(lock, p, e)) == NULL)
		return -1;
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(sealed, NULL,
	    k->seed, SECRET_SIZE, (const uint8_t *)f->text, f->bound, NULL,
	    lock->nonce, key);
	guard_free(key);
	return key_file_save(f, sealed, sizeof(sealed), path, e);
}

int
recovery_key_save(const struct recovery_key *k, const char *path,
    const struct passphrase_source *from,
    const uint8_t root[SIGNER_PUBLIC_SIZE], struct err *e)
{
	struct passphrase *p = NULL;
	struct key_file f = { 0 };
	struct lock lock = {
		.memory = crypto_pwhash_MEMLIMIT_MODERATE,
		.passes = crypto_pwhash_OPSLIMIT_MODERATE,
	};
	json_t *json = NULL;
	int rc = -1;

	randombytes_buf(lock.salt, sizeof(lock.salt));
	randombytes_buf(lock.nonce, sizeof(lock.nonce));
	if (from != NULL && (p = passphrase_get(from, true, e)) == NULL)
		goto done;
	json = describe(k, root, from != NULL ? &lock : NULL);
	if (json == NULL) {
		(void)err_memory(e);
		goto done;
	}
	if (key_file_begin(&f, KEY_RECOVERY, json, e) == -1)
		goto done;
	if (from != NULL)
		rc = save_locked(&f, k, &lock, p, path, e);
	else
		rc = key_file_save_checked(&f, k->seed, SECRET_SIZE, path, e);
done:
	if (rc == -1)
		(void)err_add(e, "cannot save recovery key %s", path);
	json_decref(json);
	key_file_drop(&f);
	passphrase_free(p);
	return rc;
}

static int
read_lock(const json_t *kdf, struct lock *lock, struct err *e)
{
	const char *algorithm;

	if (fields_count(kdf, 5, e) == -1)
		return -1;
	if ((algorithm = fields_text(kdf, "algorithm", 1, 64, e)) == NULL)
		return -1;
	if (strcmp(algorithm, ALGORITHM) != 0)
		return err_set(e, ERR_DAMAGED, "\"algorithm\" is not "
		    ALGORITHM);
	if (fields_number(kdf, "memory", MEMORY_MIN, MEMORY_MAX,
	    &lock->memory, e) == -1 ||
	    fields_number(kdf, "passes", PASSES_MIN, PASSES_MAX,
	    &lock->passes, e) == -1 ||
	    fields_base64(kdf, "salt", lock->salt, sizeof(lock->salt),
	    e) == -1)
		return -1;
	return fields_base64(kdf, "nonce", lock->nonce, sizeof(lock->nonce),
	    e);
}

/* The seed out of an encrypted file; guarded, the caller's. */
static uint8_t *
unlock(const struct key_file *f, const json_t *kdf,
    const struct passphrase_source *from, struct err *e)
{
	uint8_t *key = NULL, *seed = NULL, *open = NULL;
	struct passphrase *p = NULL;
	uint8_t sealed[SEALED_SIZE];
	struct lock lock;

	if (read_lock(kdf, &lock, e) == -1)
		goto done;
	if (base64_parse(f->secret, f->secret_len, sealed,
	    sizeof(sealed)) == -1) {
		(void)err_set(e, ERR_DAMAGED, "its third line is not base64 "
		    "of %zu bytes", sizeof(sealed));
		goto done;
	}
	if (from == NULL) {
		(void)err_set(e, ERR_DENIED, "it is under a passphrase, and "
		    "none was given");
		goto done;
	}
	if ((p = passphrase_get(from, false, e)) == NULL ||
	    (key = stretch(&lock, p, e)) == NULL ||
	    (open = guard_new(SECRET_SIZE, e)) == NULL)
		goto done;
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(open, NULL, NULL,
	    sealed, sizeof(sealed), (const uint8_t *)f->text, f->bound,
	    lock.nonce, key) != 0) {
		(void)err_set(e, ERR_DENIED, "wrong passphrase, or the file "
		    "was changed");
		goto done;
	}
	seed = open;
	open = NULL;		/* the caller's */
done:
	guard_free(open);
	guard_free(key);
	passphrase_free(p);
	return seed;
}

/* Does the file say of the key what the key says of itself? */
static bool
agrees(const struct recovery_key *k, const json_t *json)
{
	uint8_t box[32], sign[32], public[32];
	char name[RECOVERY_NAME_SIZE];
	const char *text;
	struct err ignored;

	recovery_key_name(k, name);
	signer_public(k->signer, public);
	if ((text = fields_text(json, "name", RECOVERY_NAME_SIZE - 1,
	    RECOVERY_NAME_SIZE - 1, &ignored)) == NULL ||
	    fields_base64(json, "box", box, 32, &ignored) == -1 ||
	    fields_base64(json, "sign", sign, 32, &ignored) == -1)
		return false;
	return strcmp(text, name) == 0 && memcmp(box, k->box_public, 32) == 0
	    && memcmp(sign, public, 32) == 0;
}

struct recovery_key *
recovery_key_load(const char *path, const struct passphrase_source *from,
    struct err *e)
{
	uint8_t root[SIGNER_PUBLIC_SIZE];
	struct recovery_key *k = NULL;
	struct key_file f;
	uint8_t *seed = NULL;
	json_t *kdf;

	if (key_file_load(&f, path, e) == -1)
		return NULL;
	if (f.kind != KEY_RECOVERY) {
		(void)err_set(e, ERR_DAMAGED, "it is another kind "
		    "of key: expected a recovery key");
		goto done;
	}
	if (fields_count(f.json, 6, e) == -1 ||
	    fields_base64(f.json, "root", root, sizeof(root), e) == -1)
		goto done;
	kdf = json_object_get(f.json, "kdf");
	if (json_is_null(kdf))
		seed = key_file_open_checked(&f, SECRET_SIZE, e);
	else
		seed = unlock(&f, kdf, from, e);
	if (seed == NULL || (k = recovery_key_from(seed, root, e)) == NULL)
		goto done;
	if (!agrees(k, f.json)) {
		(void)err_set(e, ERR_DAMAGED, "it describes another key");
		recovery_key_free(k);
		k = NULL;
	}
done:
	if (k == NULL)
		(void)err_add(e, "cannot load recovery key %s", path);
	guard_free(seed);
	key_file_drop(&f);
	return k;
}

void
recovery_key_root(const struct recovery_key *k,
    uint8_t out[SIGNER_PUBLIC_SIZE])
{
	memcpy(out, k->root, SIGNER_PUBLIC_SIZE);
}

const struct signer *
recovery_key_signer(const struct recovery_key *k)
{
	return k->signer;
}

const uint8_t *
recovery_key_box_public(const struct recovery_key *k)
{
	return k->box_public;
}

int
recovery_key_unseal(const struct recovery_key *k, const uint8_t *sealed,
    size_t len, uint8_t *out)
{
	return crypto_box_seal_open(out, sealed, len, k->box_public,
	    k->box_secret);
}

int
recovery_key_public_text(const struct recovery_key *k, struct buf *out,
    struct err *e)
{
	char box[BASE64_SIZE(32)], sign[BASE64_SIZE(32)];
	uint8_t public[SIGNER_PUBLIC_SIZE];

	signer_public(k->signer, public);
	return buf_addf(out, e, RECOVERY_LINE "%s %s",
	    base64_format(k->box_public, 32, box),
	    base64_format(public, 32, sign));
}

void
recovery_key_name(const struct recovery_key *k, char out[RECOVERY_NAME_SIZE])
{
	keyid_of(k->box_public, out);
}
