/*
 * The login of a connection for another program, without it ever being in an
 * argument, in the environment or on a disk: an option file in memory.
 */
#include <sys/mman.h>
#include <sys/stat.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <mysql.h>

#include "base/err.h"
#include "base/fd.h"
#include "db/conn.h"
#include "db/conn_inside.h"
#include "db/physical.h"

/* Option files have lines of at most 4 KiB. */
#define VALUE_MAX 1000

const char *
conn_secret(struct conn *c)
{
	const char *s = conn_mysql(c)->passwd;

	return s != NULL ? s : "";
}

/* name="value", with what means something inside of quotes escaped. */
static int
put_option(int fd, const char *name, const char *value, struct err *e)
{
	char line[2 * VALUE_MAX + 64];
	size_t n;

	if (value == NULL || value[0] == '\0')
		return 0;
	if (strlen(value) > VALUE_MAX || strpbrk(value, "\n\r") != NULL)
		return err_set(e, ERR_UNSUPPORTED, "%s of the database login: "
		    "expected at most %d bytes in one line", name, VALUE_MAX);
	n = (size_t)snprintf(line, sizeof(line), "%s=\"", name);
	for (; *value != '\0'; value++) {
		if (*value == '"' || *value == '\\')
			line[n++] = '\\';
		line[n++] = *value;
	}
	line[n++] = '"';
	line[n++] = '\n';
	if (fd_write(fd, line, n, e) == -1)
		n = 0;
	explicit_bzero(line, sizeof(line));
	return n == 0 ? -1 : 0;
}

int
conn_login_file(struct conn *c, struct err *e)
{
	const MYSQL *m = conn_mysql(c);
	int fd;

	if ((fd = memfd_create("login", MFD_CLOEXEC)) == -1)
		return err_sys(e, "cannot make a file in memory");
	if (fchmod(fd, 0600) == -1) {
		(void)err_sys(e, "cannot make a file in memory private");
		goto refuse;
	}
	if (fd_write(fd, "[client]\n", 9, e) == -1 ||
	    put_option(fd, "user", m->user, e) == -1 ||
	    put_option(fd, "password", conn_secret(c), e) == -1 ||
	    put_option(fd, "socket", m->unix_socket, e) == -1)
		goto refuse;
	if (lseek(fd, 0, SEEK_SET) == -1) {
		(void)err_sys(e, "cannot go back in a file in memory");
		goto refuse;
	}
	return fd;
refuse:
	fd_drop(&fd);
	return -1;
}
