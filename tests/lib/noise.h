#ifndef TESTS_NOISE_H
#define TESTS_NOISE_H

#include <stddef.h>
#include <stdint.h>

/* Fill with bytes that look random and are the same for the same seed. */
void	noise_fill(void *, size_t, uint64_t seed);

/* The same, but of words and lines: it compresses about fourfold. */
void	noise_text(void *, size_t, uint64_t seed);

#endif
