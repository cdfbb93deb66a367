#ifndef CRYPTO_PEM_H
#define CRYPTO_PEM_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/charter.h"

struct buf;
struct err;

/*
 * Public keys of signers as other tools read them: PEM, SubjectPublicKeyInfo
 * of Ed25519 (RFC 8410).  A line "name: NAME" before a block says whose it is.
 */

/* Append one: its name's line and its block. */
int	pem_add(struct buf *, const struct charter_signer *, struct err *);

/*
 * Read all of a text into the signers of a charter that has nothing else; all
 * get these roles.  ERR_INPUT when there is none, or something else than such
 * keys.
 */
int	pem_parse(const char *, struct charter *, unsigned roles,
	    struct err *);

#endif
