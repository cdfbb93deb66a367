#ifndef DB_OPTION_FILE_H
#define DB_OPTION_FILE_H

#include <stdbool.h>

struct err;

/*
 * See that the MySQL option file is a regular file of ours or root's that
 * group and others cannot read: ERR_DENIED otherwise, ERR_ABSENT when there is
 * none, ERR_INPUT when it says something of TLS that the connector would
 * ignore.  *tls becomes true when a connection in the clear is not wanted.
 */
int	option_file_check(const char *path, bool *tls, struct err *);

#endif
