#ifndef LIVE_CHUNKS_H
#define LIVE_CHUNKS_H

#include "pack/chunks.h"

struct recovery_key;
struct scratch;
struct store;
struct store_secret;

/*
 * Chunks of a new store in a temporary folder, with keys that can read.
 * Every call fails the test when it cannot.
 */
struct live_chunks {
	struct chunks		*chunks;
	struct scratch		*scratch;
	struct store		*store;
	struct store_secret	*secret;
	struct recovery_key	*recovery;
	struct charter		*charter;
};

void	live_chunks_open(struct live_chunks *);
void	live_chunks_close(struct live_chunks *);

/*
 * Change the byte in the middle of the biggest pack; doing it twice brings it
 * back.  Chunks that were read before are forgotten.
 */
void	live_chunks_damage(struct live_chunks *);

#endif
