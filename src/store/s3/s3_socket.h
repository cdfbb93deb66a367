#ifndef STORE_S3_S3_SOCKET_H
#define STORE_S3_S3_SOCKET_H

#include <stdint.h>

/* What a handle of libcurl knows of the connection that it used last. */

/* Its socket, while it is open; else -1. */
int	s3_socket_of(void *handle);

/*
 * When the server's own certificate runs out: UTC nanoseconds, or 0.  The
 * handle was told to note certificates.
 */
int64_t	s3_socket_expiry(void *handle);

/*
 * Acknowledge what came now, and not up to 40 ms later: a server that sends
 * header and body with two calls (Ceph) sends the second one then.  Only for
 * speed: what cannot be done is not.
 */
void	s3_socket_acknowledge(int fd);

#endif
