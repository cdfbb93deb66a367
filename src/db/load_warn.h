#ifndef DB_LOAD_WARN_H
#define DB_LOAD_WARN_H

#include <stdint.h>

struct conn;
struct err;
struct load;
struct plan_table;

/*
 * The server warned so often while it loaded these rows: 0 when each warning
 * is about what a generated column computes, or explained by a value of the
 * archive that is an ENUM's index 0, which cannot be loaded without one; else
 * -1 with the first warnings.  To be called
 * at once after the load, on its connection.  Reads the rows again.
 */
int	load_explain(const struct load *, struct conn *,
	    const struct plan_table *, uint64_t warnings, struct err *);

#endif
