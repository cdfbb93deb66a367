/*
 * Identifiers as file names.  Promise: the part has no '/', no '.', no quote
 * and no control character, fits every file system, and is another one for
 * every other identifier (an escape starts with "@0", a digest with "@@").
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/num.h"
#include "crypto/id.h"
#include "db/name.h"

#define DIGEST_BYTES 16
#define PREFIX_MAX (NAME_PART_MAX - 2 - 2 * DIGEST_BYTES)

static bool
is_plain(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '_' || c == '-' || c >= 0x80;
}

/* How much of the escaped name fits without cutting an escape or letter. */
static size_t
whole_prefix(const uint8_t *p, size_t len)
{
	size_t at = 0, next;

	while (at < len) {
		next = at + (p[at] == '@' ? 5 : 1);
		while (next < len && (p[next] & 0xc0) == 0x80)
			next++;
		if (next > PREFIX_MAX)
			break;
		at = next;
	}
	return at;
}

int
name_escape(struct buf *out, const char *name, struct err *e)
{
	char hex[2 * DIGEST_BYTES + 1];
	const size_t from = out->len;
	const uint8_t *p;
	struct id id;
	int rc;

	for (p = (const uint8_t *)name; *p != '\0'; p++) {
		rc = is_plain(*p) ? buf_add_byte(out, *p, e) :
		    buf_addf(out, e, "@00%02x", *p);
		if (rc == -1)
			return -1;
	}
	if (out->len - from <= NAME_PART_MAX)
		return 0;
	out->len = from + whole_prefix(out->data + from, out->len - from);
	id_sha256(name, strlen(name), &id);
	return buf_addf(out, e, "@@%s", num_hex(id.b, DIGEST_BYTES, hex));
}
