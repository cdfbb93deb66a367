/*
 * The requests of libs3: see s3_front.h.  Its verdicts, its callbacks and the
 * credentials it signs with mean nothing: what is sent and what comes back
 * goes through s3_wire.c, which libs3's calls of libcurl are linked to.
 *
 * libs3 keeps its handles, and with them the connections, in a pool of its own
 * that all threads share.
 */
#include <pthread.h>
#include <string.h>

#include <libs3.h>

#include "base/err.h"
#include "store/s3/s3_config.h"
#include "store/s3/s3_front.h"
#include "store/s3/s3_wire.h"

#ifdef S3_DEFAULT_REGION	/* 4.1: a time-out before each handler */
#define NO_TIMEOUT 0,
#else
#define NO_TIMEOUT
#endif

/* Counts starts: libs3 is not made for two at once. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static unsigned started;

int
s3_front_start(struct err *e)
{
	S3Status rc = S3StatusOK;

	(void)pthread_mutex_lock(&mutex);
	if (started == 0)
		rc = S3_initialize("muster", S3_INIT_ALL, "localhost");
	if (rc == S3StatusOK)
		started++;
	(void)pthread_mutex_unlock(&mutex);
	return rc == S3StatusOK ? 0 : err_set(e, ERR_SYSTEM,
	    "cannot start libs3: %s", S3_get_status_name(rc));
}

void
s3_front_stop(void)
{
	(void)pthread_mutex_lock(&mutex);
	if (--started == 0)
		S3_deinitialize();
	(void)pthread_mutex_unlock(&mutex);
}

static S3Status
on_properties(const S3ResponseProperties *p, void *cookie)
{
	(void)p;
	(void)cookie;
	return S3StatusOK;
}

static void
on_complete(S3Status status, const S3ErrorDetails *details, void *cookie)
{
	(void)status;
	(void)details;
	(void)cookie;
}

static S3Status
on_data(int n, const char *p, void *cookie)
{
	(void)n;
	(void)p;
	(void)cookie;
	return S3StatusOK;
}

/* The wire reads the body itself: libs3 never asks. */
static int
on_put(int n, char *p, void *cookie)
{
	(void)n;
	(void)p;
	(void)cookie;
	return -1;
}

static void
call(const S3BucketContext *bucket, const struct s3_request *r)
{
	static const S3ResponseHandler plain = { on_properties, on_complete };
	static const S3GetObjectHandler get = {
		{ on_properties, on_complete }, on_data,
	};
	static const S3PutObjectHandler put = {
		{ on_properties, on_complete }, on_put,
	};
	/* libs3 sees no list, so that it has none to hand on */
	static const S3ListBucketHandler list = {
		{ on_properties, on_complete }, NULL,
	};

	if (strcmp(r->verb, "PUT") == 0)
		S3_put_object(bucket, r->key, r->len, NULL, NULL, NO_TIMEOUT
		    &put, NULL);
	else if (strcmp(r->verb, "HEAD") == 0)
		S3_head_object(bucket, r->key, NULL, NO_TIMEOUT &plain, NULL);
	else if (strcmp(r->verb, "DELETE") == 0)
		S3_delete_object(bucket, r->key, NULL, NO_TIMEOUT &plain,
		    NULL);
	else if (r->key[0] == '\0')
		S3_list_bucket(bucket, NULL, NULL, NULL, 0, NULL, NO_TIMEOUT
		    &list, NULL);
	else
		S3_get_object(bucket, r->key, NULL, r->offset, r->want, NULL,
		    NO_TIMEOUT &get, NULL);
}

int
s3_front_do(const struct s3_link *link, const struct s3_request *r,
    struct s3_reply *reply, struct err *e)
{
	const struct s3_place *p = &link->config->place;
	const S3BucketContext bucket = {
		.hostName = p->host,
		.bucketName = p->bucket,
		.protocol = p->tls ? S3ProtocolHTTPS : S3ProtocolHTTP,
		.uriStyle = p->path_style ? S3UriStylePath :
		    S3UriStyleVirtualHost,
		.accessKeyId = "none",
		.secretAccessKey = "none",
	};

	s3_wire_begin(link, r, reply);
	call(&bucket, r);
	return s3_wire_end(e);
}
