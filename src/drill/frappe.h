#ifndef DRILL_FRAPPE_H
#define DRILL_FRAPPE_H

#include "drill/assert.h"

struct err;

/*
 * Do the passwords that a restored Frappe site keeps (`__Auth`, encrypted)
 * open with the encryption_key of its restored site_config.json?  0 and in
 * seen how many; -1 with ERR_DAMAGED when one does not or there is no key,
 * with ERR_REMOTE when the database does not say.  No secret is in either.
 */
int	frappe_passwords(const struct assert_place *,
	    char seen[RECEIPT_TEXT_MAX], struct err *);

#endif
