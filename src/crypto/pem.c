/*
 * Public keys in PEM: see pem.h.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/guard.h"
#include "crypto/pem.h"

#define BEGIN "-----BEGIN PUBLIC KEY-----\n"
#define END "-----END PUBLIC KEY-----"
#define HEAD 12
#define DER (HEAD + SIGNER_PUBLIC_SIZE)

/* SEQUENCE { SEQUENCE { OID 1.3.101.112 } BIT STRING of 32 bytes } */
static const uint8_t head[HEAD] = {
	0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00
};

int
pem_add(struct buf *out, const struct charter_signer *s, struct err *e)
{
	uint8_t der[DER];
	char text[BASE64_SIZE(DER)];

	memcpy(der, head, HEAD);
	memcpy(der + HEAD, s->public, SIGNER_PUBLIC_SIZE);
	return buf_addf(out, e, "name: %s\n" BEGIN "%s\n" END "\n", s->name,
	    base64_format(der, sizeof(der), text));
}

/* The name in the text between two blocks, if it has one. */
static void
find_name(const char *from, const char *to, size_t number,
    char name[CHARTER_NAME_MAX])
{
	const char *p;
	size_t n;

	(void)snprintf(name, CHARTER_NAME_MAX, "key %zu", number);
	if ((p = memmem(from, (size_t)(to - from), "name: ", 6)) == NULL)
		return;
	p += 6;
	n = strcspn(p, "\n");
	if (n > 0 && n < CHARTER_NAME_MAX && p + n <= to)
		(void)snprintf(name, CHARTER_NAME_MAX, "%.*s", (int)n, p);
}

int
pem_parse(const char *text, struct charter *c, unsigned roles, struct err *e)
{
	const char *p = text, *begin, *body;
	struct charter_signer *s;
	uint8_t der[DER];
	size_t n;

	memset(c, 0, sizeof(*c));
	while ((begin = strstr(p, BEGIN)) != NULL) {
		if (c->n_signers == CHARTER_MAX_SIGNERS)
			return err_set(e, ERR_INPUT, "more than %d keys",
			    CHARTER_MAX_SIGNERS);
		body = begin + strlen(BEGIN);
		n = strcspn(body, "\n");
		if (base64_parse(body, n, der, sizeof(der)) == -1 ||
		    memcmp(der, head, HEAD) != 0 || body[n] != '\n' ||
		    strncmp(body + n + 1, END, strlen(END)) != 0)
			return err_set(e, ERR_INPUT, "public key %zu is not "
			    "one of Ed25519 in PEM", c->n_signers + 1);
		s = &c->signers[c->n_signers++];
		memcpy(s->public, der + HEAD, SIGNER_PUBLIC_SIZE);
		s->roles = roles;
		find_name(p, begin, c->n_signers, s->name);
		p = body + n + 1 + strlen(END);
	}
	if (c->n_signers == 0)
		return err_set(e, ERR_INPUT, "no public key in PEM");
	return 0;
}
