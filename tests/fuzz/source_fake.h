#ifndef SOURCE_FAKE_H
#define SOURCE_FAKE_H

#include <stddef.h>
#include <stdint.h>

#include "pack/chunks.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/*
 * For fuzzers that are linked with --wrap for the calls below: every source
 * gives these bytes, in pieces of at most so many (0: all at once).
 */
void	source_fake_set(const uint8_t *, size_t, size_t piece);

struct source	*__wrap_source_new(struct chunks *, const struct ref *, size_t,
		    struct err *);
int		 __wrap_source_read(struct source *, const void **, size_t *,
		    struct err *);
void		 __wrap_source_free(struct source *);

#endif
