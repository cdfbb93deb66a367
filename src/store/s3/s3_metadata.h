#ifndef STORE_S3_S3_METADATA_H
#define STORE_S3_S3_METADATA_H

#include <stdbool.h>

#include "store/s3/s3_keys.h"

/*
 * Credentials that a cloud gives to what runs in it.  ERR_ABSENT when there
 * is no such service, or no role; ERR_REMOTE when its answer is odd.
 */

/* Do AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI name a service? */
bool	s3_metadata_has_container(void);

/* Of a container (ECS, EKS), as these variables say. */
int	s3_metadata_container(struct s3_secret *, struct err *);

/*
 * Of an instance, by IMDSv2 at AWS_EC2_METADATA_SERVICE_ENDPOINT, or where
 * it always is.
 */
int	s3_metadata_instance(struct s3_secret *, struct err *);

#endif
