/*
 * A Frappe site whose encryption_key was lost looks whole until somebody needs
 * a stored password: see frappe.h.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/fernet.h"
#include "drill/frappe.h"

#define FILE_NAME "site_config.json"
#define FILE_MAX ((size_t)4 << 20)

struct tokens {
	const struct fernet_key	*key;
	uint64_t		 n, bad;
	struct err		 why;		/* of the first bad one */
};

static int
see_token(void *cookie, unsigned n, const char *const *columns,
    const unsigned long *lengths, struct err *e)
{
	struct tokens *t = cookie;
	struct err why;

	(void)e;
	if (n < 1 || columns[0] == NULL)
		return 0;	/* Frappe removes a password so */
	t->n++;
	if (fernet_check(t->key, columns[0], lengths[0], &why) == -1 &&
	    t->bad++ == 0)
		t->why = why;
	return 0;
}

static struct fernet_key *
load_key(const struct assert_place *place, struct err *e)
{
	struct fernet_key *k = NULL;
	const json_t *v;
	json_t *o = NULL;
	struct buf b;

	buf_init(&b, FILE_MAX);
	if (assert_config_load(place, FILE_NAME, &b, e) == -1) {
		if (e->kind == ERR_ABSENT)
			(void)err_set(e, ERR_DAMAGED, "no " FILE_NAME
			    " among the restored configuration");
		goto done;
	}
	o = json_loadb((const char *)b.data, b.len, 0, NULL);
	v = json_object_get(o, "encryption_key");
	if (!json_is_string(v))
		(void)err_set(e, ERR_DAMAGED, FILE_NAME
		    " has no encryption_key");
	else if ((k = fernet_key_parse(json_string_value(v),
	    json_string_length(v), e)) == NULL) {
		if (e->kind == ERR_INPUT)
			e->kind = ERR_DAMAGED;
		(void)err_add(e, FILE_NAME ": encryption_key");
	}
done:
	json_decref(o);
	if (b.data != NULL)
		explicit_bzero(b.data, b.size);
	buf_drop(&b);
	return k;
}

int
frappe_passwords(const struct assert_place *place,
    char seen[RECEIPT_TEXT_MAX], struct err *e)
{
	struct tokens t = { .n = 0 };
	struct fernet_key *key;
	int rc;

	if ((key = load_key(place, e)) == NULL)
		return -1;
	t.key = key;
	rc = db_query(&place->login, place->database,
	    "SELECT password FROM `__Auth` WHERE encrypted = 1", see_token, &t,
	    e);
	fernet_key_free(key);
	if (rc != 0)
		return rc;
	if (t.bad > 0)
		return err_set(e, ERR_DAMAGED, "%llu of %llu stored passwords "
		    "do not open: %s", (unsigned long long)t.bad,
		    (unsigned long long)t.n, t.why.text);
	(void)snprintf(seen, RECEIPT_TEXT_MAX, "all %llu open",
	    (unsigned long long)t.n);
	return 0;
}
