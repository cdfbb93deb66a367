/*
 * Files with holes where blocks of zeros were.  Zeros are counted instead of
 * written until something else comes; then a long run is skipped and a short
 * one written.
 */
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "archive/sparse.h"
#include "base/err.h"
#include "base/fd.h"

void
sparse_init(struct sparse *s, int fd)
{
	*s = (struct sparse){ .fd = fd };
}

static bool
is_zero(const uint8_t *p, size_t n)
{
	return p[0] == 0 && memcmp(p, p + 1, n - 1) == 0;
}

/* How many of n bytes belong to the block that is at this offset. */
static size_t
rest_of_block(uint64_t at, size_t n)
{
	size_t left = SPARSE_BLOCK - (size_t)(at % SPARSE_BLOCK);

	return n < left ? n : left;
}

/* Deal with the zeros that are owed, up to where something else begins. */
static int
settle(struct sparse *s, struct err *e)
{
	static const uint8_t zero[SPARSE_RUN_MIN];

	if (s->zeros >= SPARSE_RUN_MIN) {
		if (lseek(s->fd, (off_t)s->zeros, SEEK_CUR) == -1)
			return err_sys(e, "seek");
	} else if (fd_write(s->fd, zero, (size_t)s->zeros, e) == -1)
		return -1;
	s->zeros = 0;
	return 0;
}

int
sparse_write(struct sparse *s, const void *data, size_t n, struct err *e)
{
	const uint8_t *p = data, *from = data, *end = p + n;
	size_t len;

	for (; p < end; p += len, s->at += len) {
		len = rest_of_block(s->at, (size_t)(end - p));
		if (!is_zero(p, len)) {
			if (s->zeros > 0) {
				if (settle(s, e) == -1)
					return -1;
				from = p;
			}
			continue;
		}
		if (s->zeros == 0 && p > from &&
		    fd_write(s->fd, from, (size_t)(p - from), e) == -1)
			return -1;
		s->zeros += len;
		from = p + len;
	}
	if (s->zeros == 0 && p > from)
		return fd_write(s->fd, from, (size_t)(p - from), e);
	return 0;
}

int
sparse_end(struct sparse *s, struct err *e)
{
	if (s->zeros > 0 && s->zeros < SPARSE_RUN_MIN)
		return settle(s, e);
	if (s->zeros > 0 && ftruncate(s->fd, (off_t)s->at) == -1)
		return err_sys(e, "set the size");
	return 0;
}
