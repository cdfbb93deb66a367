#ifndef GATE_DOCTOR_INSIDE_H
#define GATE_DOCTOR_INSIDE_H

#include "crypto/charter.h"
#include "db/db.h"
#include "gate/doctor.h"

/* One look at everything; between the files of the doctor. */
struct doctor {
	const struct doctor_options *o;
	const struct policy	*p;
	struct doctor_report	*r;
	int64_t			 skew;		/* allowed, ns */
	char			 version[DB_VERSION_MAX];	/* of source */
	uint64_t		 need;		/* bytes a drill takes, or 0 */
};

/* Tell one finding; seen is made from a format. */
void	doctor_tell(struct doctor *, enum doctor_level, const char *name,
	    const char *fix, const char *, ...)
	    __attribute__((format(printf, 5, 6)));

/* Does this error end the whole look (signal, memory)? */
bool	doctor_must_stop(const struct err *);

/* A clock that is ahead of ours by so much. */
void	doctor_clock(struct doctor *, const char *name, int64_t ahead);

/* So many bytes are free where at least so many are needed. */
void	doctor_room(struct doctor *, const char *name, const char *where,
	    uint64_t avail, uint64_t need);

/* Every store: reachable, ours, and as its policy wants it. */
int	doctor_stores(struct doctor *, struct err *);

#endif
