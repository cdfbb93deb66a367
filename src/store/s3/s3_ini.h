#ifndef STORE_S3_S3_INI_H
#define STORE_S3_S3_INI_H

#include "store/s3/s3_keys.h"

/*
 * Read credentials from a file in the form of ~/.aws/credentials, which must
 * not be readable by others.  profile NULL: "default", or the lines before
 * any [section].  ERR_ABSENT when there is no such file; ERR_INPUT, naming
 * file and line, for what is no such file or lacks the profile.
 */
int	s3_ini_load(const char *path, const char *profile, struct s3_secret *,
	    struct err *);

#endif
