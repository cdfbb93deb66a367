/*
 * Any bytes are a policy or are refused with one line; nothing else happens.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "policy/policy.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct policy *p = NULL;
	struct err e;

	err_clear(&e);
	if (policy_parse(&p, (const char *)data, size, "/f/p.yaml", &e) == 0)
		policy_free(p);
	else if (p != NULL || e.text[0] == '\0' ||
	    strchr(e.text, '\n') != NULL)
		abort();
	return 0;
}
