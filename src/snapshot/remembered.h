#ifndef SNAPSHOT_REMEMBERED_H
#define SNAPSHOT_REMEMBERED_H

struct buf;
struct err;
struct id;
struct store;
struct store_info;

/*
 * Statements in a folder of this host, from a store that is far.  The name of
 * a statement ends with the SHA-256 of its bytes, so what was read once need
 * not be fetched again; but whether the store still holds these very bytes is
 * then not seen: it is for those who tell, never for those who judge.
 *
 * Append the statement of this digest to the buffer, from the folder if it is
 * there and is the one, else from the store, and then it is remembered.  A
 * folder that cannot be used is no error.
 */
int	remembered_get(const char *folder, struct store *,
	    const struct store_info *, const struct id *digest, struct buf *,
	    struct err *);

#endif
