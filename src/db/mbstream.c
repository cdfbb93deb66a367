/*
 * The format of mbstream, all numbers little-endian:
 *
 *	"XBSTCK01"  flags: 1  type: 1  length: 4  name: length
 *	P, bytes of a file:	length: 8  offset: 8  CRC-32: 4  bytes
 *	E, its end:		nothing more
 *	R, another name:	length: 4  name
 *	D, gone:		nothing more
 *	S, go on at an offset:	offset: 8
 *
 * S, and P with a flag, write over bytes that came before.  Chunks cannot be
 * taken back, so these are refused by name.  Of the other flags the first says
 * that an unknown type may be passed over, but not how long it is.
 */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "base/err.h"
#include "base/intr.h"
#include "db/mbstream.h"

#define BUFFER ((size_t)256 << 10)
#define MAGIC "XBSTCK01"
#define HEAD 14			/* up to the name */
#define DATA_HEAD 20		/* of P, behind the name */
#define SLICE_MS 200

struct mbstream {
	int		 fd;
	uint8_t		*data;		/* BUFFER bytes */
	size_t		 at, len;	/* what is unread of it */
	uint64_t	 offset;	/* of the byte at `at` in the stream */
	uint64_t	 left;		/* of the DATA item */
	uint32_t	 want, crc;
	char		 name[MBSTREAM_NAME_MAX + 1];
	char		 to[MBSTREAM_NAME_MAX + 1];
};

struct mbstream *
mbstream_new(int fd, struct err *e)
{
	struct mbstream *m;

	if ((m = calloc(1, sizeof(*m))) == NULL ||
	    (m->data = malloc(BUFFER)) == NULL) {
		mbstream_free(m);
		(void)err_memory(e);
		return NULL;
	}
	m->fd = fd;
	return m;
}

void
mbstream_free(struct mbstream *m)
{
	if (m == NULL)
		return;
	free(m->data);
	free(m);
}

static int
damaged(const struct mbstream *m, const char *expected, struct err *e)
{
	return err_set(e, ERR_DAMAGED, "the stream of mariadb-backup at byte "
	    "%llu: expected %s", (unsigned long long)m->offset, expected);
}

/* Read more, behind what is unread: 1, 0 at the end of the stream, -1. */
static int
fill(struct mbstream *m, struct err *e)
{
	struct pollfd p = { .fd = m->fd, .events = POLLIN };
	ssize_t n;

	if (m->at > 0)
		memmove(m->data, m->data + m->at, m->len);
	m->at = 0;
	for (;;) {
		if (intr_check(e) == -1)
			return -1;
		if ((n = poll(&p, 1, SLICE_MS)) == 0 ||
		    (n == -1 && errno == EINTR))
			continue;
		if (n != -1)
			n = read(m->fd, m->data + m->len, BUFFER - m->len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return err_sys(e, "cannot read from mariadb-backup");
		m->len += (size_t)n;
		return n > 0;
	}
}

/* The next n bytes, borrowed; NULL with the error. */
static const uint8_t *
take(struct mbstream *m, size_t n, struct err *e)
{
	const uint8_t *p;
	int rc = 1;

	while (m->len < n && (rc = fill(m, e)) == 1)
		;
	if (rc == 0)
		(void)damaged(m, "more: it ends here", e);
	if (rc != 1)
		return NULL;
	p = m->data + m->at;
	m->at += n;
	m->len -= n;
	m->offset += n;
	return p;
}

static uint32_t
u32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	    (uint32_t)p[3] << 24;
}

static uint64_t
u64(const uint8_t *p)
{
	return u32(p) | (uint64_t)u32(p + 4) << 32;
}

/* A name that cannot lead out of the folder that it is put in? */
static bool
is_safe(const char *name, size_t len)
{
	const char *p = name;
	size_t n;

	if (len == 0 || strlen(name) != len)
		return false;
	for (;; p += n + 1) {
		n = strcspn(p, "/");
		if (n == 0 || (n == 1 && p[0] == '.') ||
		    (n == 2 && p[0] == '.' && p[1] == '.'))
			return false;
		if (p[n] == '\0')
			return true;
	}
}

static int
read_name(struct mbstream *m, size_t len, char *name, struct err *e)
{
	const uint8_t *p;

	if (len > MBSTREAM_NAME_MAX)
		return damaged(m, "a name of at most 511 bytes", e);
	if ((p = take(m, len, e)) == NULL)
		return -1;
	if (len > 2 && p[0] == '.' && p[1] == '/') {
		p += 2;
		len -= 2;
	}
	memcpy(name, p, len);
	name[len] = '\0';
	if (!is_safe(name, len))
		return damaged(m, "a relative name", e);
	return 0;
}

static int
read_data(struct mbstream *m, unsigned flags, struct mbstream_item *i,
    struct err *e)
{
	const uint8_t *p;

	if (flags != 0)
		return err_set(e, ERR_UNSUPPORTED, "mariadb-backup writes over "
		    "a part of %s again (flags %u): such a stream cannot be "
		    "kept", m->name, flags);
	if ((p = take(m, DATA_HEAD, e)) == NULL)
		return -1;
	i->kind = MBSTREAM_DATA;
	i->len = m->left = u64(p);
	i->offset = u64(p + 8);
	m->want = u32(p + 16);
	m->crc = 0;
	if (i->len > INT64_MAX || i->offset > INT64_MAX - i->len)
		return damaged(m, "a length that a file can have", e);
	return 1;
}

static int
read_rename(struct mbstream *m, struct mbstream_item *i, struct err *e)
{
	const uint8_t *p;

	if ((p = take(m, 4, e)) == NULL ||
	    read_name(m, u32(p), m->to, e) == -1)
		return -1;
	i->kind = MBSTREAM_RENAME;
	i->to = m->to;
	return 1;
}

int
mbstream_next(struct mbstream *m, struct mbstream_item *i, struct err *e)
{
	const uint8_t *p;
	unsigned flags;
	uint8_t type;
	int rc;

	*i = (struct mbstream_item){ .name = m->name };
	if (m->len == 0 && (rc = fill(m, e)) != 1)
		return rc;
	if ((p = take(m, HEAD, e)) == NULL)
		return -1;
	if (memcmp(p, MAGIC, sizeof(MAGIC) - 1) != 0)
		return damaged(m, "XBSTCK01 before it", e);
	flags = p[8];
	type = p[9];
	if (read_name(m, u32(p + 10), m->name, e) == -1)
		return -1;
	switch (type) {
	case 'P':
		return read_data(m, flags, i, e);
	case 'E':
		i->kind = MBSTREAM_END;
		return 1;
	case 'R':
		return read_rename(m, i, e);
	case 'D':
		i->kind = MBSTREAM_REMOVE;
		return 1;
	default:
		return err_set(e, ERR_UNSUPPORTED, "the stream of "
		    "mariadb-backup has an item of kind %u for %s, which this "
		    "muster cannot keep", (unsigned)type, m->name);
	}
}

int
mbstream_read(struct mbstream *m, const void **out, size_t *len,
    struct err *e)
{
	size_t n;
	int rc;

	if (m->left == 0) {
		if (m->crc == m->want)
			return 0;
		return err_set(e, ERR_DAMAGED, "the stream of mariadb-backup: "
		    "%s: the bytes before %llu do not have the CRC-32 that "
		    "they should", m->name, (unsigned long long)m->offset);
	}
	if (m->len == 0) {
		if ((rc = fill(m, e)) == 0)
			rc = damaged(m, "more: it ends here", e);
		if (rc == -1)
			return -1;
	}
	n = m->len < m->left ? m->len : (size_t)m->left;
	*out = m->data + m->at;
	*len = n;
	m->crc = (uint32_t)crc32(m->crc, m->data + m->at, (uInt)n);
	m->at += n;
	m->len -= n;
	m->offset += n;
	m->left -= n;
	return 1;
}
