#ifndef GATE_SABOTAGE_STORE_H
#define GATE_SABOTAGE_STORE_H

#include <stdint.h>

#include "store/store.h"

struct err;

enum sabotage_how {
	HOW_BYTE,		/* the byte at `at` is another */
	HOW_CUT,		/* it ends at `at` */
	HOW_GONE
};

/*
 * A view of a store in which one object is damaged; nothing can be put or
 * removed through it.  The store is borrowed; closing the view leaves it open.
 */
struct store	*sabotage_store(struct store *, const char *object,
		    enum sabotage_how, uint64_t at, struct err *);

#endif
