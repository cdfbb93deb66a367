#ifndef LIVE_TRIP_H
#define LIVE_TRIP_H

#include "live_chunks.h"
#include "live_mariadb.h"

struct err;
struct names;

/*
 * Two servers and a store: what is in the first must come back in the second.
 * Every call fails the test when it cannot.
 */
struct trip {
	struct live		source, target;
	struct live_chunks	store;
};

void	trip_begin(struct trip *);
void	trip_end(struct trip *);

/* Run a shell command, where `mariadb` is the client of the source. */
void	trip_shell(struct trip *, const char *command);

/*
 * All databases of the source into one archive, by three connections, with
 * every table in parts that can be, and by one, with none; into the target,
 * and from there into an archive again: all fingerprints, and what the
 * witnesses see, are equal.
 */
void	trip_go(struct trip *);

/* Remove all databases and accounts from both servers. */
void	trip_tidy(struct trip *);

/*
 * The steps of trip_go(), for a tool that goes on where a test fails: the
 * names of a server's databases but its own; an archive of them, or -1; and
 * what removes them, and all accounts.
 */
void	trip_list(const struct live *, struct names *);
int	trip_dump(struct trip *, const struct live *, const struct names *,
	    int connections, struct archive_root *, struct db_stats *,
	    struct err *);
void	trip_forget(const struct live *, const struct names *);

#endif
