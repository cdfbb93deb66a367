/*
 * A file from pieces as they come: see dir_fill.h.  They are gathered in one
 * piece of memory that a disk can take, which is still near the processor when
 * it is written.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "store/dir_fill.h"
#include "store/direct.h"
#include "store/store.h"

struct fill {
	int	 fd;
	bool	 direct;
	size_t	 len;		/* of all */
	size_t	 at;		/* so much is in the file, and .. */
	size_t	 held;		/* .. so much in the piece */
	uint8_t	*piece;
};

static int
flush(struct fill *f, struct err *e)
{
	size_t done = f->direct ? direct_write(f->fd, f->piece, f->held) : 0;

	if (fd_write(f->fd, f->piece + done, f->held - done, e) == -1)
		return -1;
	f->at += f->held;
	f->held = 0;
	return 0;
}

/* From the front once more: the same length, so that all is written over. */
static int
start_over(struct fill *f, struct err *e)
{
	if (f->at > 0 && lseek(f->fd, 0, SEEK_SET) == -1)
		return err_sys(e, "seek");
	f->at = f->held = 0;
	return 0;
}

static int
take(void *cookie, uint64_t offset, const void *data, size_t len,
    struct err *e)
{
	struct fill *f = cookie;
	const uint8_t *p = data;
	size_t n;

	if (offset == 0 && start_over(f, e) == -1)
		return -1;
	if (offset != f->at + f->held || len > f->len - offset)
		return err_set(e, ERR_DAMAGED, "%zu bytes at %llu were given, "
		    "expected were those from %zu to %zu", len,
		    (unsigned long long)offset, f->at + f->held, f->len);
	for (; len > 0; len -= n) {
		n = DIRECT_PIECE - f->held;
		if (n > len)
			n = len;
		memcpy(f->piece + f->held, p, n);
		f->held += n;
		p += n;
		if (f->held == DIRECT_PIECE && flush(f, e) == -1)
			return -1;
	}
	return 0;
}

int
dir_fill(int fd, const struct store_giver *giver, bool direct, struct err *e)
{
	struct fill f = { .fd = fd, .direct = direct, .len = giver->len };
	const struct store_sink sink = { take, &f };
	int rc = -1;

	if ((f.piece = direct_memory(DIRECT_PIECE, e)) == NULL)
		return -1;
	if (giver->give(giver->cookie, &sink, e) == -1)
		goto done;
	if (f.at + f.held != f.len) {
		(void)err_set(e, ERR_DAMAGED, "%zu bytes were given, expected "
		    "were %zu", f.at + f.held, f.len);
		goto done;
	}
	rc = flush(&f, e);
done:
	free(f.piece);
	return rc;
}
