/*
 * Statements that need not be fetched twice: see remembered.h.
 */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "crypto/id.h"
#include "snapshot/remembered.h"
#include "store/store.h"

#define PATH_SIZE 4400

static bool
is_it(const struct buf *b, const struct id *digest)
{
	struct id seen;

	id_sha256(b->data, b->len, &seen);
	return id_compare(&seen, digest) == 0;
}

int
remembered_get(const char *folder, struct store *s,
    const struct store_info *info, const struct id *digest, struct buf *b,
    struct err *e)
{
	char path[PATH_SIZE], hex[ID_TEXT_SIZE];
	struct err none;

	if (snprintf(path, sizeof(path), "%s/%s", folder,
	    id_format(digest, hex)) >= (int)sizeof(path))
		return store_get_all(s, info->name, b, e);
	if (file_load(path, b, &none) == 0 && is_it(b, digest))
		return 0;
	buf_clear(b);
	if (store_get_all(s, info->name, b, e) == -1)
		return -1;
	if (is_it(b, digest))		/* else it is told, each time */
		(void)file_replace_path(path, 0600, b->data, b->len, &none);
	return 0;
}
