#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/id.h"

struct buf;
struct err;
struct store;
struct store_health;

/*
 * A store holds immutable objects by name.  Names are relative paths of
 * [a-z0-9A-Z._-] parts separated by '/', at most STORE_NAME_MAX - 1 bytes, no
 * part empty or starting with a dot; anything else is ERR_INPUT.  Several
 * threads may use one store at once.
 *
 * Kinds of error: ERR_ABSENT only when the object is certainly not there;
 * ERR_DENIED, with an errno, when access is refused; ERR_REMOTE or ERR_SYSTEM
 * otherwise.
 */
#define STORE_NAME_MAX 256

struct store_info {
	char		name[STORE_NAME_MAX];
	uint64_t	size;
	int64_t		mtime;		/* nanoseconds UTC, 0 if unknown */
};

enum store_put_result {
	STORE_FAILED = -1,
	STORE_PUT = 0,			/* it is there now, durable */
	STORE_EXISTED = 1		/* an object of that name was there */
};

/* Until when an object cannot be removed: Object Lock of a bucket. */
enum store_lock {
	STORE_UNLOCKED = 0,
	STORE_GOVERNANCE,	/* removed by special permission only */
	STORE_COMPLIANCE	/* by nobody, until its time has come */
};

struct store_kept {
	enum store_lock	lock;
	int64_t		until;		/* UTC ns; 0: it is not locked */
};

/*
 * Bytes that are read when they are needed: from the front to the end, in
 * pieces of any size, and again from offset 0 when they must be sent again.
 */
struct store_source {
	int	(*read)(void *cookie, uint64_t offset, size_t len, void *out,
		    struct err *);
	void	*cookie;
	size_t	 len;			/* of all, not 0 */
};

/*
 * Where bytes go as they arrive: in pieces of any size, from the front to the
 * end, and again from offset 0 when all that came is void.
 */
struct store_sink {
	int	(*take)(void *cookie, uint64_t offset, const void *, size_t len,
		    struct err *);
	void	*cookie;
};

/* Bytes that come by themselves: give() hands all of them to the sink. */
struct store_giver {
	int	(*give)(void *cookie, const struct store_sink *, struct err *);
	void	*cookie;
	size_t	 len;			/* of all, not 0 */
};

/* What a driver implements; store.c checks names and forwards. */
struct store_driver {
	enum store_put_result (*put)(void *self, const char *name,
	    const void *data, size_t len, const struct id *sha256,
	    struct err *);
	/* of stores that are far: NULL where nothing is gained by it */
	enum store_put_result (*put_from)(void *self, const char *name,
	    const struct store_source *, const struct id *sha256,
	    struct err *);
	/* of stores that are at hand: NULL where nothing is gained by it */
	enum store_put_result (*put_given)(void *self, const char *name,
	    const struct store_giver *, struct err *);
	int	(*get)(void *self, const char *name, uint64_t offset,
		    size_t len, void *out, struct err *);
	/* of stores that are far, from offset 0: as put_from */
	int	(*get_to)(void *self, const char *name, size_t len,
		    const struct store_sink *, struct err *);
	int	(*head)(void *self, const char *name, struct store_info *,
		    struct err *);
	int	(*list)(void *self, const char *prefix,
		    int (*each)(void *cookie, const struct store_info *,
		    struct err *), void *cookie, struct err *);
	int	(*remove)(void *self, const char *name, struct err *);
	/* store_kept(); NULL: it keeps nothing */
	int	(*kept)(void *self, const char *name, struct store_kept *,
		    struct err *);
	/* store_keep(); NULL: it cannot */
	int	(*keep)(void *self, const char *name,
		    const struct store_kept *, struct err *);
	/* health.h; NULL: nothing can be told, all fields stay zero */
	int	(*look)(void *self, struct store_health *, struct err *);
	void	(*close)(void *self);
};

/*
 * How a store is used; NULL and 0 for what is not said.  All but the last is
 * what only buckets have.  Then endpoint,
 * region and CA come from AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL, AWS_REGION
 * or AWS_DEFAULT_REGION, and AWS_CA_BUNDLE; and credentials from where
 * muster-policy(5) says.  A directory ignores it.
 */
enum store_style {
	STORE_STYLE_AUTO = 0,	/* by path unless it is Amazon */
	STORE_STYLE_PATH,	/* host/bucket/name */
	STORE_STYLE_HOST	/* bucket.host/name */
};

struct store_options {
	const char	*endpoint;	/* [http[s]://]host[:port] */
	const char	*region;
	const char	*ca_file;	/* PEM, in place of the system's */
	const char	*storage_class;
	const char	*credentials;	/* file, in the form of AWS */
	const char	*profile;	/* section of it */
	enum store_style style;
	enum store_lock	 lock;		/* Object Lock of what is put */
	uint32_t	 lock_days;
	uint64_t	 limit_upload;	/* bytes a second; 0: no limit */
	/* Not read again soon: large objects need not stay in memory. */
	bool		 unread;
};

/* A directory's path, and no URL? */
bool		 store_is_path(const char *url);

/* What the variables above say of buckets, borrowed; all else is zero. */
void		 store_environment(struct store_options *);

/*
 * Open the store at a URL: a directory's path ("/srv/muster", "./x") or
 * s3://bucket/prefix.  options may be NULL.  ERR_ABSENT when there is no such
 * directory.  A bucket is not contacted before it is used.  store_create()
 * makes the directory (mode 0700), and is content when it is there; a bucket
 * must be there, and it finds out whether it can be listed.
 */
struct store	*store_open_with(const char *url, const struct store_options *,
		    struct err *);
struct store	*store_open(const char *url, struct err *);
int		 store_create_with(const char *url,
		    const struct store_options *, struct err *);
int		 store_create(const char *url, struct err *);
void		 store_close(struct store *);

/* Can it be the name of an object? */
bool		 store_is_name(const char *);

/* A store over any driver (decorators and tests); owns self. */
struct store	*store_wrap(const struct store_driver *, void *self,
		    const char *url, struct err *);

/* The URL it was opened with, borrowed. */
const char	*store_url(const struct store *);

/*
 * Are both URLs one directory, under two names?  Of buckets only what is in
 * the policy tells.
 */
bool		 store_is_same(const char *url, const char *other);

/*
 * Put an object unless one of that name is there.  On STORE_PUT it is
 * durable: it and its name survive a loss of power.  On STORE_EXISTED nothing
 * was changed and nothing is said about the existing content.  On failure
 * a reader finds no object, or (when the connection broke at the end) the
 * whole one; never a part.  sha256 is the digest of data.
 *
 * In a directory exactly one of many racing puts of a name wins.  So it is in
 * a bucket whose server knows If-None-Match (Amazon, Ceph, MinIO, R2).  On
 * others an object that was there before the call is not touched, but of two
 * puts at the same moment both may say STORE_PUT, and one content stays: names
 * should be digests of what they name.
 */
enum store_put_result	store_put(struct store *, const char *name,
			    const void *data, size_t len,
			    const struct id *sha256, struct err *);

/*
 * The same of bytes that are not in memory: store_streams() says whether this
 * store can.  When the source fails so does the put, with its error, and no
 * object is there; a source that must not become an object may thus fail at
 * its last byte.
 */
bool			store_streams(const struct store *);
enum store_put_result	store_put_from(struct store *, const char *name,
			    const struct store_source *,
			    const struct id *sha256, struct err *);

/*
 * From the store that gives to the one that takes, a piece at a time.
 *
 * store_get_to() hands the first len bytes of an object to the sink; with 0
 * all of them were.  When the sink fails so does it, with its error.
 *
 * store_put_given() asks the giver, unless an object of that name is there.
 * When give() fails, or did not give all, the put fails, with its error, and
 * no object is there: it may fail after the last byte, for what must not
 * become an object.
 */
bool			store_gives(const struct store *);
int			store_get_to(struct store *, const char *name,
			    size_t len, const struct store_sink *,
			    struct err *);
bool			store_takes(const struct store *);
enum store_put_result	store_put_given(struct store *, const char *name,
			    const struct store_giver *, struct err *);

/*
 * Read exactly len bytes at an offset into out.  ERR_ABSENT, or ERR_DAMAGED
 * when the object is shorter.  The bytes are not authenticated.
 */
int	store_get(struct store *, const char *name, uint64_t offset, size_t len,
	    void *out, struct err *);

/* Append the whole object to the buffer, bounded by its max. */
int	store_get_all(struct store *, const char *name, struct buf *,
	    struct err *);

/* Size and time.  ERR_ABSENT when it is not there. */
int	store_head(struct store *, const char *name, struct store_info *,
	    struct err *);

/*
 * Until when the object is kept, as the store says now.  ERR_ABSENT when it is
 * not there.  To see it, a bucket's key needs s3:GetObjectRetention; without,
 * it looks as if it were not locked.
 */
int	store_kept(struct store *, const char *name, struct store_kept *,
	    struct err *);

/*
 * Keep an object that is there, locked so and until then.  The store refuses
 * when it is locked for longer or in another mode.
 * ERR_UNSUPPORTED where nothing can be locked; a bucket's key needs
 * s3:PutObjectRetention, else ERR_DENIED.  Only for a bucket in which locked
 * objects were seen: a server that knows no locks may take it for a put.
 */
int	store_keep(struct store *, const char *name,
	    const struct store_kept *, struct err *);

/*
 * Call each for every object whose name starts with prefix, in byte order of
 * the names.  A non-zero return of each ends the listing and is returned.
 * 0 means that every object was seen.
 */
int	store_list(struct store *, const char *prefix,
	    int (*each)(void *cookie, const struct store_info *,
	    struct err *), void *cookie, struct err *);

/* Remove an object.  ERR_ABSENT when it is not there. */
int	store_remove(struct store *, const char *name, struct err *);

#endif
