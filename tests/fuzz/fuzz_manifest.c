/*
 * Any bytes are an archive's manifest, or are refused with one line; the
 * segments that are accepted are possible ones.  The bytes come in pieces
 * from a source that takes the place of the store's.
 *
 * wrap: source_new source_read source_free chunks_secret
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "archive/archive.h"
#include "archive/manifest.h"
#include "archive/name.h"
#include "base/err.h"
#include "crypto/keys_internal.h"
#include "source_fake.h"

const struct store_secret	*__wrap_chunks_secret(const struct chunks *);

static struct store_secret *secret;

const struct store_secret *
__wrap_chunks_secret(const struct chunks *c)
{
	(void)c;
	return secret;
}

static void
set_up(void)
{
	static const uint8_t bytes[SECRET_SIZE] = { 1 };
	struct err e;

	if (secret == NULL && (keys_init(&e) == -1 ||
	    (secret = store_secret_from(bytes, &e)) == NULL))
		abort();
}

static void
check(const struct segment *s)
{
	uint64_t bytes = 0;
	struct err e;
	size_t i;

	for (i = 0; i < s->refs.n; i++)
		bytes += s->refs.v[i].len;
	if (s->entries == 0 || s->refs.n == 0 || bytes != s->size ||
	    name_check(s->first, &e) == -1 ||
	    name_check(s->last, &e) == -1 ||
	    name_compare(s->first, s->last) > 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct archive_root root = { .top = { .len = 1 } };
	struct archive_reader *r;
	struct segment s;
	struct err e;
	int more = -1;

	if (size < 18)
		return 0;
	set_up();
	root.depth = data[1] % 3;
	memcpy(&root.entries, data + 2, 8);
	memcpy(&root.size, data + 10, 8);
	source_fake_set(data + 18, size - 18, data[0]);
	err_clear(&e);
	if (manifest_fingerprint(NULL, &root, &root.fingerprint, &e) == -1)
		abort();
	if ((r = archive_reader_new(NULL, &root, &e)) != NULL)
		while ((more = archive_reader_next(r, &s, &e)) == 1) {
			check(&s);
			segment_drop(&s);
		}
	if (more == -1 && ((e.kind != ERR_DAMAGED &&
	    e.kind != ERR_UNSUPPORTED) || e.text[0] == '\0' ||
	    strchr(e.text, '\n') != NULL))
		abort();
	archive_reader_free(r);
	return 0;
}
