/*
 * Proof that a key which lay in escrow is still good: see proof.h.  "No" is
 * said only of charters that were read and did not open; what cannot be read
 * is trouble.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "crypto/id.h"
#include "crypto/keys.h"
#include "snapshot/proof.h"
#include "store/store.h"

#define FOLDER "charters/"
#define CHARTER_MAX (1u << 20)
#define CHARTERS_MAX 1024

struct trial {
	struct proof			*proof;
	const struct recovery_key	*key;
	struct store			*store;
	size_t				 seen;
};

/* One charter's bytes: keep it when it opens and is the newest so far. */
static void
try_charter(struct trial *t, const char *name, const struct buf *b)
{
	uint8_t root[SIGNER_PUBLIC_SIZE];
	struct store_secret *secret = NULL;
	struct charter c;
	char hex[ID_TEXT_SIZE];

	recovery_key_root(t->key, root);
	if (charter_open(&c, b->data, b->len, root, &t->proof->why) == -1)
		goto done;
	if (strcmp(name + strlen(FOLDER), id_format(&c.digest, hex)) != 0) {
		(void)err_set(&t->proof->why, ERR_DAMAGED,
		    "it is not what its name says");
		goto done;
	}
	secret = charter_secret(b->data, b->len, t->key, &t->proof->why);
	if (secret == NULL)
		goto done;
	if (!t->proof->opens || c.created > t->proof->charter.created)
		t->proof->charter = c;
	t->proof->opens = true;
done:
	if (secret == NULL)
		(void)err_add(&t->proof->why, "%s", name);
	store_secret_free(secret);
}

static int
consider(void *cookie, const struct store_info *info, struct err *e)
{
	struct trial *t = cookie;
	struct buf b;
	int rc = -1;

	buf_init(&b, CHARTER_MAX);
	if (++t->seen > CHARTERS_MAX)
		(void)err_set(e, ERR_DAMAGED, "more than %d charters",
		    CHARTERS_MAX);
	else if (store_get_all(t->store, info->name, &b, e) == 0) {
		try_charter(t, info->name, &b);
		rc = 0;
	}
	buf_drop(&b);
	return rc;
}

int
proof_of(struct proof *p, const struct recovery_key *k, struct store *s,
    struct err *e)
{
	struct trial t = { .proof = p, .key = k, .store = s };

	memset(p, 0, sizeof(*p));
	recovery_key_name(k, p->name);
	if (store_list(s, FOLDER, consider, &t, e) != 0)
		return err_add(e, "cannot read the charters of %s",
		    store_url(s));
	if (t.seen == 0)
		return err_set(e, ERR_ABSENT, "%s is not a muster store: it "
		    "has no charter", store_url(s));
	return 0;
}

int
proof_of_file(struct proof *p, const char *path,
    const struct passphrase_source *from, const char *url, struct err *e)
{
	struct recovery_key *k = NULL;
	struct store *s = NULL;
	int rc = -1;

	if ((s = store_open(url, e)) != NULL &&
	    (k = recovery_key_load(path, from, e)) != NULL)
		rc = proof_of(p, k, s, e);
	recovery_key_free(k);
	store_close(s);
	return rc;
}

char *
proof_format(const struct proof *p, const char *url, char out[PROOF_TEXT_MAX])
{
	if (p->opens)
		(void)snprintf(out, PROOF_TEXT_MAX,
		    "yes: recovery key %s opens store %s", p->name,
		    p->charter.store);
	else
		(void)snprintf(out, PROOF_TEXT_MAX,
		    "no: recovery key %s does not open %.800s: %s", p->name,
		    url, p->why.text);
	return out;
}

json_t *
proof_json(const struct proof *p)
{
	return json_pack("{s:b, s:s, s:s*}", "opens", p->opens, "name",
	    p->name, "store", p->opens ? p->charter.store : NULL);
}
