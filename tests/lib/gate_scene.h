#ifndef TESTS_GATE_SCENE_H
#define TESTS_GATE_SCENE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fixture.h"
#include "gate/gate.h"

/*
 * Good evidence for the gate, of which a test spoils one thing.  Everything
 * here fails the test when it fails.
 */
#define NANO ((int64_t)1000000000)
#define DAYS ((int64_t)86400)

struct scene {
	struct fixture	 f;
	struct snapshot	 s;
	struct receipt	 r;
	struct policy_check check;
	int64_t		 now;
	struct verdict	 v;
	bool		 put;		/* its receipt is in the store */
	char		 path[FIXTURE_PATH], other[FIXTURE_PATH];
};

/* A store with a snapshot, and a receipt that was not put yet. */
void	scene_make(struct scene *);
void	scene_drop(struct scene *);

/* Add a check to the receipt; put the receipt into the store. */
void	scene_add(struct receipt *, const char *name, bool passed);
void	scene_put_receipt(struct scene *);

/* The same receipt as of another day, of this kind, that took so long. */
void	scene_past_drill(struct scene *, double days, const char *kind,
	    double seconds);

/* A snapshot of another day, of this size and that took so many seconds. */
void	scene_past_snapshot(struct scene *, double days, uint64_t size);

/* Judge; the verdict is in v.  The rule of that name in it, or NULL. */
void	scene_judge(struct scene *, const char *subject);
const struct rule	*scene_rule(const struct verdict *, const char *);

/* One way in which evidence can be wrong. */
struct wrong {
	const char	*what;
	void		(*before)(struct scene *);	/* the receipt is put */
	void		(*after)(struct scene *);
	const char	*rule;		/* that must not pass */
};

/* The gate must stay shut in each case, and name the rule. */
void	scene_refuse_all(const struct wrong *, size_t n);

#endif
