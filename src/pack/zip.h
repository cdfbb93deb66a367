#ifndef PACK_ZIP_H
#define PACK_ZIP_H

#include <stddef.h>
#include <stdint.h>

struct buf;
struct err;

/* Compression: one thread's contexts; they are made when first needed. */
struct zip;

struct zip	*zip_new(struct err *);
void		 zip_free(struct zip *);

/*
 * Make out one zstd frame of these n bytes; empty when that does not save a
 * 32nd part of them: then they are stored as they are.
 */
int	zip_squeeze(struct zip *, int level, const void *, size_t n,
	    struct buf *out, struct err *);

/*
 * The reverse: exactly len bytes into out.  ERR_DAMAGED when the n bytes are
 * not frames that give just as many; never is more than len written.
 */
int	zip_expand(struct zip *, const void *, size_t n, void *out, size_t len,
	    struct err *);

#endif
