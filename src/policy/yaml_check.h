#ifndef POLICY_YAML_CHECK_H
#define POLICY_YAML_CHECK_H

#include <stddef.h>

struct err;

/*
 * Are these bytes YAML, of any number of documents and with all that YAML
 * has?  ERR_INPUT with the line and what is wrong when not.
 */
int	yaml_check(const void *, size_t, struct err *);

#endif
