/*
 * zstd, in whole frames, with lengths that are known on both sides: nothing
 * that a frame says about itself decides how much memory is taken.
 */
#include <stdlib.h>

#include <zstd.h>

#include "base/buf.h"
#include "base/err.h"
#include "pack/zip.h"

struct zip {
	ZSTD_CCtx	*squeeze;
	ZSTD_DCtx	*expand;
};

struct zip *
zip_new(struct err *e)
{
	struct zip *z;

	if ((z = calloc(1, sizeof(*z))) == NULL)
		(void)err_memory(e);
	return z;
}

void
zip_free(struct zip *z)
{
	if (z == NULL)
		return;
	(void)ZSTD_freeCCtx(z->squeeze);	/* always 0 */
	(void)ZSTD_freeDCtx(z->expand);
	free(z);
}

int
zip_squeeze(struct zip *z, int level, const void *data, size_t n,
    struct buf *out, struct err *e)
{
	size_t room = ZSTD_compressBound(n), len;
	uint8_t *p;

	buf_clear(out);
	if (z->squeeze == NULL && (z->squeeze = ZSTD_createCCtx()) == NULL)
		return err_memory(e);
	if ((p = buf_room(out, room, e)) == NULL)
		return -1;
	len = ZSTD_compressCCtx(z->squeeze, p, room, data, n, level);
	if (ZSTD_isError(len))
		return err_set(e, ERR_MEMORY, "cannot compress %zu bytes: %s",
		    n, ZSTD_getErrorName(len));
	if (len + n / 32 < n)
		out->len = len;
	return 0;
}

int
zip_expand(struct zip *z, const void *data, size_t n, void *out, size_t len,
    struct err *e)
{
	size_t got;

	if (z->expand == NULL && (z->expand = ZSTD_createDCtx()) == NULL)
		return err_memory(e);
	got = ZSTD_decompressDCtx(z->expand, out, len, data, n);
	if (ZSTD_isError(got))
		return err_set(e, ERR_DAMAGED, "cannot decompress: %s",
		    ZSTD_getErrorName(got));
	if (got != len)
		return err_set(e, ERR_DAMAGED, "%zu bytes decompressed, not"
		    " %zu", got, len);
	return 0;
}
