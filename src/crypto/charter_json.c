/*
 * The payload of charters, both ways (muster-format(5), charter).  A charter
 * is signed by a recovery key, but its numbers become sizes of buffers: all
 * are checked, whoever signed them.
 */
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/num.h"
#include "crypto/charter_json.h"
#include "crypto/fields.h"
#include "crypto/guard.h"
#include "crypto/id.h"
#include "crypto/keys_internal.h"

#define FORMAT 1
#define MIN_LEAST 64u
#define MEAN_LEAST (4u << 10)
#define MEAN_MOST (16u << 20)
#define MAX_MOST (32u << 20)
#define PACK_LEAST (1u << 20)
#define PACK_MOST (64u << 20)

static const struct fields_limits limits = { 5, 2048 };

static const char *const kinds[CHARTER_KINDS] = { "rows", "run", "big" };

static const struct {
	const char	*name;
	unsigned	 role;
} roles[] = {
	{ "snapshot", ROLE_SNAPSHOT },
	{ "receipt", ROLE_RECEIPT },
	{ "verdict", ROLE_VERDICT },
};
#define N_ROLES (sizeof(roles) / sizeof(roles[0]))

static int
check_sizes(const struct charter *c, struct err *e)
{
	uint32_t min, mean, max;
	size_t i;

	for (i = 0; i < CHARTER_KINDS; i++) {
		min = c->chunk_min[i];
		mean = c->chunk_mean[i];
		max = c->chunk_max[i];
		if (mean < MEAN_LEAST || mean > MEAN_MOST ||
		    (mean & (mean - 1)) != 0)
			return err_set(e, ERR_DAMAGED, "mean chunk of %s is "
			    "%u, not a power of two from 4 KiB to 16 MiB",
			    kinds[i], mean);
		if (min < MIN_LEAST || min > mean || max < mean ||
		    max > MAX_MOST)
			return err_set(e, ERR_DAMAGED, "chunks of %s are of "
			    "%u to %u bytes, not 64 to 32 MiB around their "
			    "mean", kinds[i], min, max);
	}
	if (c->pack_size < PACK_LEAST || c->pack_size > PACK_MOST)
		return err_set(e, ERR_DAMAGED, "packs of %u bytes, not 1 to "
		    "64 MiB", c->pack_size);
	return 0;
}

/* A name is printed: 1 to 63 bytes, no control characters. */
static bool
is_name(const char *name)
{
	size_t i, n = strnlen(name, CHARTER_NAME_MAX);

	if (n == 0 || n == CHARTER_NAME_MAX)
		return false;
	for (i = 0; i < n; i++)
		if ((unsigned char)name[i] < ' ' || name[i] == 0x7f)
			return false;
	return true;
}

static int
check_signers(const struct charter *c, struct err *e)
{
	size_t i, k;

	for (i = 0; i < c->n_signers; i++) {
		if (!is_name(c->signers[i].name))
			return err_set(e, ERR_DAMAGED, "signer %zu has a name "
			    "that is not 1 to 63 printable bytes", i + 1);
		if ((c->signers[i].roles & ROLE_ALL) == 0 ||
		    (c->signers[i].roles & ~(unsigned)ROLE_ALL) != 0)
			return err_set(e, ERR_DAMAGED, "signer %s has no "
			    "role, or one that does not exist",
			    c->signers[i].name);
		for (k = 0; k < i; k++)
			if (memcmp(c->signers[i].public, c->signers[k].public,
			    SIGNER_PUBLIC_SIZE) == 0)
				return err_set(e, ERR_DAMAGED, "signers %s "
				    "and %s are the same key",
				    c->signers[k].name, c->signers[i].name);
	}
	return 0;
}

int
charter_check(const struct charter *c, struct err *e)
{
	if (check_sizes(c, e) == -1)
		return -1;
	return check_signers(c, e);
}

static json_t *
signer_to_json(const struct charter_signer *s)
{
	char public[BASE64_SIZE(SIGNER_PUBLIC_SIZE)];
	json_t *list;
	size_t i;

	if ((list = json_array()) == NULL)
		return NULL;
	for (i = 0; i < N_ROLES; i++)
		if ((s->roles & roles[i].role) != 0 &&
		    json_array_append_new(list,
		    json_string(roles[i].name)) == -1) {
			json_decref(list);
			return NULL;
		}
	return json_pack("{s:s, s:s, s:o}", "name", s->name, "public",
	    base64_format(s->public, SIGNER_PUBLIC_SIZE, public),
	    "roles", list);
}

static json_t *
signers_to_json(const struct charter *c)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; list != NULL && i < c->n_signers; i++)
		if (json_array_append_new(list,
		    signer_to_json(&c->signers[i])) == -1) {
			json_decref(list);
			return NULL;
		}
	return list;
}

static json_t *
recovery_to_json(const struct charter *c,
    uint8_t sealed[CHARTER_MAX_RECOVERY][CHARTER_SEALED])
{
	char box[BASE64_SIZE(32)], sign[BASE64_SIZE(32)];
	char secret[BASE64_SIZE(CHARTER_SEALED)];
	const struct charter_recovery *r;
	json_t *list = json_array();
	size_t i;

	for (i = 0; list != NULL && i < c->n_recovery; i++) {
		r = &c->recovery[i];
		if (json_array_append_new(list, json_pack(
		    "{s:s, s:s, s:s, s:s}", "name", r->name,
		    "box", base64_format(r->box_public, 32, box),
		    "sign", base64_format(r->sign_public, 32, sign),
		    "secret", base64_format(sealed[i], CHARTER_SEALED,
		    secret))) == -1) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static json_t *
chunk_to_json(const struct charter *c)
{
	json_t *chunk = json_object();
	size_t i;

	for (i = 0; chunk != NULL && i < CHARTER_KINDS; i++)
		if (json_object_set_new(chunk, kinds[i], json_pack(
		    "{s:I, s:I, s:I}", "min", (json_int_t)c->chunk_min[i],
		    "mean", (json_int_t)c->chunk_mean[i],
		    "max", (json_int_t)c->chunk_max[i])) == -1) {
			json_decref(chunk);
			return NULL;
		}
	return chunk;
}

json_t *
charter_to_json(const struct charter *c,
    uint8_t sealed[CHARTER_MAX_RECOVERY][CHARTER_SEALED])
{
	char created[CLOCK_TEXT_MAX];

	/* A NULL for "o" makes the whole NULL and releases the others. */
	return json_pack("{s:i, s:s, s:s, s:o, s:I, s:o, s:o, s:n}",
	    "format", FORMAT, "store", c->store,
	    "created", clock_format(c->created, created),
	    "chunk", chunk_to_json(c),
	    "pack_size", (json_int_t)c->pack_size,
	    "signers", signers_to_json(c),
	    "recovery", recovery_to_json(c, sealed), "previous");
}

static int
read_sizes(struct charter *c, const json_t *json, struct err *e)
{
	uint64_t min, mean, max, pack;
	json_t *chunk, *kind;
	size_t i;

	if ((chunk = fields_object(json, "chunk", e)) == NULL ||
	    fields_count(chunk, CHARTER_KINDS, e) == -1)
		return -1;
	for (i = 0; i < CHARTER_KINDS; i++) {
		if ((kind = fields_object(chunk, kinds[i], e)) == NULL ||
		    fields_count(kind, 3, e) == -1 ||
		    fields_number(kind, "min", 0, MAX_MOST, &min, e) == -1 ||
		    fields_number(kind, "mean", 0, MAX_MOST, &mean, e) == -1 ||
		    fields_number(kind, "max", 0, MAX_MOST, &max, e) == -1)
			return -1;
		c->chunk_min[i] = (uint32_t)min;
		c->chunk_mean[i] = (uint32_t)mean;
		c->chunk_max[i] = (uint32_t)max;
	}
	if (fields_number(json, "pack_size", 0, PACK_MOST, &pack, e) == -1)
		return -1;
	c->pack_size = (uint32_t)pack;
	return 0;
}

static int
read_roles(struct charter_signer *s, const json_t *list, struct err *e)
{
	const char *name;
	json_t *one;
	size_t i, k;

	json_array_foreach(list, i, one) {
		if ((name = json_string_value(one)) == NULL)
			name = "";
		for (k = 0; k < N_ROLES; k++)
			if (strcmp(name, roles[k].name) == 0)
				break;
		if (k == N_ROLES || (s->roles & roles[k].role) != 0)
			return err_set(e, ERR_DAMAGED, "\"%.32s\" is no role, "
			    "or given twice", name);
		s->roles |= roles[k].role;
	}
	return 0;
}

static int
read_signers(struct charter *c, const json_t *json, struct err *e)
{
	struct charter_signer *s;
	json_t *list, *one, *may;
	const char *name;
	size_t i;

	list = fields_array(json, "signers", 0, CHARTER_MAX_SIGNERS, e);
	if (list == NULL)
		return -1;
	json_array_foreach(list, i, one) {
		s = &c->signers[i];
		if (fields_count(one, 3, e) == -1 ||
		    (name = fields_text(one, "name", 1, CHARTER_NAME_MAX - 1,
		    e)) == NULL ||
		    fields_base64(one, "public", s->public,
		    SIGNER_PUBLIC_SIZE, e) == -1 ||
		    (may = fields_array(one, "roles", 1, N_ROLES, e)) == NULL
		    || read_roles(s, may, e) == -1)
			return -1;
		(void)snprintf(s->name, sizeof(s->name), "%s", name);
		c->n_signers++;
	}
	return 0;
}

static int
read_recovery(struct charter *c,
    uint8_t sealed[CHARTER_MAX_RECOVERY][CHARTER_SEALED], const json_t *json,
    struct err *e)
{
	struct charter_recovery *r;
	json_t *list, *one;
	const char *name;
	size_t i;

	list = fields_array(json, "recovery", 1, CHARTER_MAX_RECOVERY, e);
	if (list == NULL)
		return -1;
	json_array_foreach(list, i, one) {
		r = &c->recovery[i];
		if (fields_count(one, 4, e) == -1 ||
		    (name = fields_text(one, "name", RECOVERY_NAME_SIZE - 1,
		    RECOVERY_NAME_SIZE - 1, e)) == NULL ||
		    fields_base64(one, "box", r->box_public, 32, e) == -1 ||
		    fields_base64(one, "sign", r->sign_public, 32, e) == -1 ||
		    fields_base64(one, "secret", sealed[i], CHARTER_SEALED,
		    e) == -1)
			return -1;
		keyid_of(r->box_public, r->name);
		if (strcmp(r->name, name) != 0)
			return err_set(e, ERR_DAMAGED, "recovery key %s is "
			    "called %s", r->name, name);
		c->n_recovery++;
	}
	return 0;
}

/* Null, or the digest of the charter that this one replaces. */
static int
check_previous(const json_t *json, struct err *e)
{
	const json_t *field = json_object_get(json, "previous");
	struct id id;

	if (json_is_null(field) || (json_is_string(field) &&
	    id_parse(json_string_value(field), &id) == 0))
		return 0;
	return err_set(e, ERR_DAMAGED, "\"previous\" is neither null nor a "
	    "SHA-256");
}

static int
read_head(struct charter *c, const json_t *json, struct err *e)
{
	uint8_t bytes[STORE_ID_BYTES];
	const char *store, *created;
	uint64_t format;

	if (fields_number(json, "format", 1, UINT32_MAX, &format, e) == -1)
		return -1;
	if (format > FORMAT)
		return err_set(e, ERR_UNSUPPORTED, "the store is of format "
		    "%llu; this muster knows format %d: use a newer muster",
		    (unsigned long long)format, FORMAT);
	if (fields_count(json, 8, e) == -1 ||
	    (store = fields_text(json, "store", CHARTER_ID_SIZE - 1,
	    CHARTER_ID_SIZE - 1, e)) == NULL ||
	    (created = fields_text(json, "created", 1, 40, e)) == NULL)
		return -1;
	if (num_unhex(store, bytes, sizeof(bytes)) == -1)
		return err_set(e, ERR_DAMAGED, "\"store\" is not of "
		    "hexadecimal digits");
	(void)num_hex(bytes, sizeof(bytes), c->store);
	if (clock_parse(created, &c->created, e) == -1) {
		e->kind = ERR_DAMAGED;
		return -1;
	}
	return check_previous(json, e);
}

int
charter_from_json(struct charter *c,
    uint8_t sealed[CHARTER_MAX_RECOVERY][CHARTER_SEALED], const void *p,
    size_t n, struct err *e)
{
	json_t *json;
	int rc = -1;

	memset(c, 0, sizeof(*c));
	if ((json = fields_parse(p, n, &limits, e)) == NULL)
		return -1;
	if (read_head(c, json, e) == 0 && read_sizes(c, json, e) == 0 &&
	    read_signers(c, json, e) == 0 &&
	    read_recovery(c, sealed, json, e) == 0)
		rc = charter_check(c, e);
	json_decref(json);
	return rc;
}
