/*
 * Descriptors used to the end: every loop here ends with all bytes moved or
 * with an error, so that nobody above has to think of short transfers.
 */
#include <sys/types.h>

#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/intr.h"

/* Linux moves at most this much a call; asking for more is pointless. */
#define STEP_MAX ((size_t)1 << 30)

static size_t
step(size_t n)
{
	return n < STEP_MAX ? n : STEP_MAX;
}

int
fd_write(int fd, const void *data, size_t len, struct err *e)
{
	const uint8_t *p = data;
	ssize_t n;

	while (len > 0) {
		if ((n = write(fd, p, step(len))) == -1) {
			if (errno != EINTR)
				return err_sys(e, "write");
			/* a pipe whose reader sleeps would hold us for ever */
			if (intr_check(e) == -1)
				return -1;
			continue;
		}
		if (n == 0) {	/* would loop for ever */
			errno = EIO;
			return err_sys(e, "write");
		}
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int
fd_read_some(int fd, void *data, size_t len, size_t *got, struct err *e)
{
	uint8_t *p = data;
	ssize_t n;

	*got = 0;
	while (*got < len) {
		if ((n = read(fd, p + *got, step(len - *got))) == -1) {
			if (errno == EINTR)
				continue;
			return err_sys(e, "read");
		}
		if (n == 0)
			break;
		*got += (size_t)n;
	}
	return 0;
}

int
fd_read(int fd, void *data, size_t len, struct err *e)
{
	size_t got;

	if (fd_read_some(fd, data, len, &got, e) == -1)
		return -1;
	if (got < len)
		return err_set(e, ERR_DAMAGED,
		    "the file ends after %zu of %zu bytes", got, len);
	return 0;
}

int
fd_pread(int fd, void *data, size_t len, uint64_t offset, struct err *e)
{
	uint8_t *p = data;
	size_t got = 0;
	ssize_t n;

	if (offset > INT64_MAX || len > INT64_MAX - offset)
		return err_set(e, ERR_DAMAGED, "offset beyond any file");
	while (got < len) {
		n = pread(fd, p + got, step(len - got), (off_t)(offset + got));
		if (n == -1) {
			if (errno == EINTR)
				continue;
			return err_sys(e, "read");
		}
		if (n == 0)
			return err_set(e, ERR_DAMAGED,
			    "the file ends after %zu of %zu bytes", got, len);
		got += (size_t)n;
	}
	return 0;
}

int
fd_sync(int fd, struct err *e)
{
	if (fsync(fd) == -1)
		return err_sys(e, "sync");
	return 0;
}

int
fd_close(int *fd, struct err *e)
{
	int n = *fd;

	*fd = -1;	/* Linux releases it whatever close answers */
	if (close(n) == -1)
		return err_sys(e, "close");
	return 0;
}

void
fd_drop(int *fd)
{
	int keep = errno;

	if (*fd != -1)
		(void)close(*fd);	/* the error being told is another */
	*fd = -1;
	errno = keep;
}
