#ifndef DB_OPTION_FILE_H
#define DB_OPTION_FILE_H

#include <stdbool.h>

struct err;

/*
 * See that the MySQL option file is a regular file of ours or root's that
 * group and others cannot read: ERR_DENIED otherwise, ERR_ABSENT when there is
 * none, ERR_INPUT when it, or a file that it brings in, says something of TLS
 * that the connector would pass over.  *tls becomes true when a connection in
 * the clear is not wanted, which the connector does not know.
 */
int	option_file_check(const char *path, bool *tls, struct err *);

/*
 * The same for the files that the connector reads when none is named: those of
 * /etc, of MARIADB_HOME or MYSQL_HOME, and ~/.my.cnf.  They need not be there,
 * nor be private; those of others that we cannot read are not meant for us.
 */
int	option_files_check(bool *tls, struct err *);

#endif
