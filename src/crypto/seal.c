/*
 * Data keys of packs and the sealing of chunks: see seal.h.
 *
 * A chunk is bound to everything its directory says of it: the number is the
 * nonce, the rest is associated data.  So bytes moved to another place, or
 * described differently, do not open.  Nonces cannot repeat because a data
 * key is random, serves one pack, and numbers its chunks (src/README.md,
 * decisions 1 and 2).
 */
#include <sodium.h>
#include <string.h>

#include "base/err.h"
#include "crypto/aead.h"
#include "crypto/guard.h"
#include "crypto/keys_internal.h"
#include "crypto/seal.h"

#define LABEL "muster chunk 1"
#define LABEL_LEN (sizeof(LABEL) - 1)
#define BOUND_SIZE (LABEL_LEN + ID_SIZE + 4 + 1)

struct data_key {
	uint8_t	key[AEAD_KEY];
};

_Static_assert(SEAL_TAG == AEAD_TAG, "tag");
_Static_assert(SEAL_SLOT_SIZE ==
    sizeof(struct data_key) + crypto_box_SEALBYTES, "slot");

static void
put_le(uint8_t *p, uint64_t v, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

/* What a chunk is sealed under, in memory that lives as long. */
struct sealing {
	struct aead	 aead;
	uint8_t		 bound[BOUND_SIZE];
	uint8_t		 nonce[AEAD_NONCE];
};

static void
bind(struct sealing *s, const struct data_key *k, const struct seal_as *as)
{
	memcpy(s->bound, LABEL, LABEL_LEN);
	memcpy(s->bound + LABEL_LEN, as->id->b, ID_SIZE);
	put_le(s->bound + LABEL_LEN + ID_SIZE, as->opened, 4);
	s->bound[BOUND_SIZE - 1] = as->coding;
	memset(s->nonce, 0, AEAD_NONCE);
	put_le(s->nonce, as->number, 8);
	s->aead = (struct aead){ k->key, s->nonce, s->bound, BOUND_SIZE };
}

struct data_key *
data_key_new(struct err *e)
{
	struct data_key *k;

	if ((k = guard_new(sizeof(*k), e)) == NULL)
		return NULL;
	randombytes_buf(k->key, sizeof(k->key));
	guard_freeze(k);
	return k;
}

void
data_key_free(struct data_key *k)
{
	guard_free(k);
}

int
data_key_seal(const struct data_key *k, const struct charter_recovery *to,
    uint8_t slot[SEAL_SLOT_SIZE], struct err *e)
{
	if (crypto_box_seal(slot, k->key, sizeof(k->key),
	    to->box_public) != 0)
		return err_set(e, ERR_INPUT,
		    "recovery key %s has no usable public key", to->name);
	return 0;
}

struct data_key *
data_key_open(const uint8_t slot[SEAL_SLOT_SIZE], const struct recovery_key *r,
    struct err *e)
{
	char name[RECOVERY_NAME_SIZE];
	struct data_key *k;

	if ((k = guard_new(sizeof(*k), e)) == NULL)
		return NULL;
	if (recovery_key_unseal(r, slot, SEAL_SLOT_SIZE, k->key) == -1) {
		recovery_key_name(r, name);
		(void)err_set(e, ERR_DENIED,
		    "recovery key %s does not open this data key", name);
		data_key_free(k);
		return NULL;
	}
	guard_freeze(k);
	return k;
}

void
data_key_seal_chunk(const struct data_key *k, const struct seal_as *as,
    const void *p, size_t n, void *out)
{
	struct sealing s;

	bind(&s, k, as);
	aead_seal(&s.aead, p, n, out);
}

int
data_key_open_chunk(const struct data_key *k, const struct seal_as *as,
    const void *p, size_t n, void *out, struct err *e)
{
	struct sealing s;

	if (n < SEAL_TAG)
		return err_set(e, ERR_DAMAGED, "sealed chunk of %zu bytes is "
		    "shorter than its tag", n);
	bind(&s, k, as);
	if (aead_open(&s.aead, p, n, out) == -1)
		return err_set(e, ERR_DAMAGED, "sealed chunk %llu was changed",
		    (unsigned long long)as->number);
	return 0;
}
