/*
 * Any bytes are the end of a pack (directory and trailer, the digest made
 * right so that parsing goes on) or are refused with one line; what is
 * accepted lies within its bounds.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "pack/pack.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check(const struct pack_directory *d, uint64_t end)
{
	struct pack_slot slots[PACK_SLOTS_MAX];
	struct err e;
	size_t n;

	for (size_t i = 0; i < d->n; i++)
		if (d->v[i].offset < PACK_HEADER_SIZE ||
		    d->v[i].offset + d->v[i].sealed > end ||
		    d->v[i].opened > PACK_CHUNK_MAX || d->v[i].opened == 0 ||
		    d->v[i].sealed > d->v[i].opened + SEAL_TAG ||
		    pack_keys_find(d->keys, d->keys_len, d->v[i].key, slots,
		    &n, &e) == -1 || n == 0 || n > PACK_SLOTS_MAX)
			abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pack_trailer t;
	struct pack_directory d;
	struct err e;
	uint64_t body, whole;
	int rc;

	err_clear(&e);
	if (size < PACK_TRAILER_SIZE)
		return 0;
	data += size - PACK_TRAILER_SIZE;
	/* The body is as long as the trailer wants it to be. */
	memcpy(&body, data + ID_SIZE, sizeof(body));
	size -= PACK_TRAILER_SIZE;
	whole = body + size + PACK_TRAILER_SIZE;
	rc = pack_trailer_parse(data, whole, &t, &e);
	if (rc == 0) {
		if (t.len != size || t.offset != body)
			abort();
		id_sha256(data - size, size, &t.digest);
		rc = pack_directory_parse(data - size, &t, &d, &e);
	}
	if (rc == 0) {
		check(&d, body);
		pack_directory_drop(&d);
	} else if ((e.kind != ERR_DAMAGED && e.kind != ERR_UNSUPPORTED &&
	    e.kind != ERR_MEMORY) || e.text[0] == '\0' ||
	    strchr(e.text, '\n') != NULL)
		abort();
	return 0;
}
