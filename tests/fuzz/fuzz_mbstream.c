/*
 * Any bytes are a stream of mariadb-backup, or are refused; the files that
 * come of it have names that stay inside, and what is done with them is in
 * bounds.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/err.h"
#include "db/mbstream.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check_name(const char *name)
{
	size_t n = strlen(name);

	if (n == 0 || n > MBSTREAM_NAME_MAX || name[0] == '/' ||
	    strcmp(name, "..") == 0 || strncmp(name, "../", 3) == 0 ||
	    strstr(name, "/../") != NULL)
		abort();
}

static int
read_item(struct mbstream *m, const struct mbstream_item *i, struct err *e)
{
	uint64_t sum = 0;
	const void *p;
	size_t n;
	int rc;

	check_name(i->name);
	if (i->kind == MBSTREAM_RENAME)
		check_name(i->to);
	if (i->kind != MBSTREAM_DATA)
		return 0;
	while ((rc = mbstream_read(m, &p, &n, e)) == 1)
		sum += n;
	if (rc == 0 && sum != i->len)
		abort();
	return rc;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("stream", MFD_CLOEXEC), rc;
	struct mbstream_item i;
	struct mbstream *m;
	struct err e;

	err_clear(&e);
	if (fd == -1 || write(fd, data, size) != (ssize_t)size ||
	    lseek(fd, 0, SEEK_SET) != 0 || (m = mbstream_new(fd, &e)) == NULL)
		abort();
	while ((rc = mbstream_next(m, &i, &e)) == 1)
		if ((rc = read_item(m, &i, &e)) == -1)
			break;
	if (rc == -1 && e.kind != ERR_DAMAGED && e.kind != ERR_UNSUPPORTED)
		abort();
	mbstream_free(m);
	(void)close(fd);
	return 0;
}
