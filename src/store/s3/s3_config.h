#ifndef STORE_S3_S3_CONFIG_H
#define STORE_S3_S3_CONFIG_H

#include <limits.h>
#include <stdint.h>

#include "store/s3/s3_url.h"
#include "store/store.h"

struct err;

/* A key is a prefix and a name; both together stay below S3_KEY_MAX. */
#define S3_PREFIX_MAX 512
#define S3_WORD_MAX 64

/* All that is known of a bucket before it is asked. */
struct s3_config {
	struct s3_place	 place;
	char		 prefix[S3_PREFIX_MAX];	/* "" or "prefix/" */
	char		 region[S3_WORD_MAX];
	char		 ca_file[PATH_MAX];	/* or "" */
	char		 storage_class[S3_WORD_MAX];	/* or "" */
	enum store_lock	 lock;
	uint32_t	 lock_days;
	uint64_t	 limit_upload;		/* bytes a second; 0: none */
	uint32_t	 page;			/* objects in a list's page */

	/* patience, in milliseconds; see s3_config.c for the values */
	uint32_t	 connect;	/* until there is a connection */
	uint32_t	 idle;		/* without a byte */
	uint32_t	 go_on;		/* without 100 Continue */
	uint32_t	 reach;		/* of a server never reached before */
	uint32_t	 budget;	/* of one operation, all tries */
	uint32_t	 first_wait, longest_wait;	/* between tries */
};

/*
 * From a URL, options (or NULL) and the environment, as store.h says.
 * ERR_INPUT with what was expected.
 */
int	s3_config_make(struct s3_config *, const char *url,
	    const struct store_options *, struct err *);

#endif
