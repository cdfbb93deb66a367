/*
 * Input and output past the page cache: see direct.h.  For a large object that
 * is not used again soon, new pages in that cache cost more than all the rest,
 * and push out what others use.
 */
#include <sys/mman.h>

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "store/direct.h"

#define UNIT 4096u		/* what every disk takes */
#define LEAST (1u << 20)

void *
direct_memory(size_t size, struct err *e)
{
	void *p = aligned_alloc(DIRECT_PIECE, size);

	if (p == NULL)
		(void)err_memory(e);
	else			/* only for speed */
		(void)madvise(p, size, MADV_HUGEPAGE);
	return p;
}

/* The file's flags when it can be tried, now with O_DIRECT; else -1. */
static int
begin(int fd, const void *p, size_t len, uint64_t offset)
{
	int flags;

	if ((uintptr_t)p % UNIT != 0 || offset % UNIT != 0 || len < LEAST ||
	    (flags = fcntl(fd, F_GETFL)) == -1 ||
	    fcntl(fd, F_SETFL, flags | O_DIRECT) == -1)
		return -1;
	return flags;
}

size_t
direct_write(int fd, const void *data, size_t len)
{
	const uint8_t *p = data;
	size_t whole = len - len % UNIT, done = 0;
	int flags = begin(fd, p, len, 0);
	ssize_t n = 0;

	if (flags == -1)
		return 0;
	while (done < whole && n % UNIT == 0 &&
	    (n = write(fd, p + done, whole - done)) > 0)
		done += (size_t)n;
	/* should O_DIRECT stay, the next write will say so */
	(void)fcntl(fd, F_SETFL, flags);
	return done;
}

size_t
direct_read(int fd, void *data, size_t len, uint64_t offset)
{
	uint8_t *p = data;
	size_t whole = len - len % UNIT, done = 0;
	int flags = begin(fd, p, len, offset);
	ssize_t n = 0;

	if (flags == -1)
		return 0;
	while (done < whole && n % UNIT == 0 && (n = pread(fd, p + done,
	    whole - done, (off_t)(offset + done))) > 0)
		done += (size_t)n;
	(void)fcntl(fd, F_SETFL, flags);
	return done;
}
