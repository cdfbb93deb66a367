#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stddef.h>
#include <stdint.h>

struct err;

/*
 * A growable run of bytes that knows from birth how large it may become.
 * data is not terminated unless buf_text() was asked.  Never for secrets.
 */
struct buf {
	uint8_t	*data;
	size_t	 len;
	size_t	 size;		/* allocated */
	size_t	 max;		/* never more than this */
};

/* An empty buffer that may grow to max bytes; allocates nothing yet. */
void	buf_init(struct buf *, size_t max);

/* Release the bytes; the buffer is empty afterwards and may be used again. */
void	buf_drop(struct buf *);

/* Forget the content, keep the memory. */
void	buf_clear(struct buf *);

/*
 * Make room for n more bytes and return where they go; the caller writes
 * there and adds to len himself.  NULL (ERR_MEMORY) beyond max or without
 * memory; the content stays as it was.
 */
uint8_t	*buf_room(struct buf *, size_t n, struct err *);

/* Append bytes, a byte, text without its NUL, or formatted text. */
int	buf_add(struct buf *, const void *, size_t, struct err *);
int	buf_add_byte(struct buf *, uint8_t, struct err *);
int	buf_add_text(struct buf *, const char *, struct err *);
int	buf_addf(struct buf *, struct err *, const char *, ...)
	    __attribute__((format(printf, 3, 4)));

/* Append an unsigned integer of 2, 4 or 8 bytes, little-endian. */
int	buf_add_u16(struct buf *, uint16_t, struct err *);
int	buf_add_u32(struct buf *, uint32_t, struct err *);
int	buf_add_u64(struct buf *, uint64_t, struct err *);

/* Remove the first n bytes (n <= len). */
void	buf_shift(struct buf *, size_t n);

/*
 * The content as a NUL-terminated string; the NUL is not counted in len.
 * Borrowed: valid until the buffer changes.  NULL as buf_room().
 */
char	*buf_text(struct buf *, struct err *);

/*
 * Read little-endian integers from a bounded run: a cursor that fails once
 * and stays failed, so that a parser checks at its end.
 */
struct cut {
	const uint8_t	*p;
	size_t		 left;
	int		 bad;	/* something was asked beyond the end */
};

void		 cut_init(struct cut *, const void *, size_t);
uint8_t		 cut_u8(struct cut *);
uint16_t	 cut_u16(struct cut *);
uint32_t	 cut_u32(struct cut *);
uint64_t	 cut_u64(struct cut *);
/* The next n bytes, borrowed, or NULL (and bad) when fewer are left. */
const uint8_t	*cut_bytes(struct cut *, size_t n);

#endif
