#ifndef GATE_DOCTOR_H
#define GATE_DOCTOR_H

#include <stdint.h>

#include "gate/gate.h"

struct err;
struct policy;

/* How well one thing is. */
enum doctor_level {
	DOCTOR_GOOD,
	DOCTOR_WARN,		/* works, but a careful person would act */
	DOCTOR_BAD,		/* a snapshot, shipment or drill will fail */
	DOCTOR_UNKNOWN		/* could not be told */
};

/* One thing that was looked at; texts are borrowed. */
struct finding {
	const char	*name;		/* "store offsite: certificate" */
	enum doctor_level level;
	const char	*seen;
	const char	*fix;		/* what to do; NULL when good */
};

struct doctor_options {
	const struct policy	*policy;
	/* Does not start a throwaway server and does not write anywhere. */
	bool			 quick;
	void			(*each)(void *cookie, const struct finding *);
	void			*cookie;
};

struct doctor_report {
	uint64_t	good, warnings, bad, unknown;
};

/* Word for a level: "good", "warn", "BAD", "UNKNOWN". */
const char	*doctor_word(enum doctor_level);

/*
 * Look at everything that a snapshot, a shipment and a drill by this policy
 * need: keys, the database and the account, paths, room, stores, clocks,
 * certificates, the server for drills.  Nothing is left behind.  Every thing
 * is told, in order; -1 only when it could not go on (signal, memory).
 */
int	doctor_run(const struct doctor_options *, struct doctor_report *,
	    struct err *);

#endif
