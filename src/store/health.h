#ifndef STORE_HEALTH_H
#define STORE_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

struct err;
struct store;

/* What is only known of some stores: not at all, no, yes. */
enum health_fact {
	HEALTH_UNKNOWN,
	HEALTH_NO,
	HEALTH_YES
};

/* How a store is, apart from what is in it. */
struct store_health {
	bool		 remote;	/* reached over a network */
	uint64_t	 device;	/* of a directory: its st_dev */
	uint64_t	 free_bytes;	/* of a directory: room left for us */
	enum health_fact private;	/* others on this host cannot enter */
	enum health_fact encrypted;	/* TLS, and the peer was verified */
	int64_t		 expires;	/* its certificate, UTC ns; 0: none */
	bool		 has_clock;
	int64_t		 ahead;		/* its clock before ours, ns */
	enum health_fact versioned;	/* what is overwritten is kept */
	enum health_fact locked;	/* Object Lock is on */
	char		 lock_mode[16];	/* of objects by default, or "" */
	uint32_t	 lock_days;
	enum health_fact removable;	/* our access may remove objects */
};

/*
 * Look at it: everything that can be told without leaving anything behind.
 * Whether we may remove is tried on a name that no object has.  Kinds of error
 * as in store.h.
 */
int	store_look(struct store *, struct store_health *, struct err *);

#endif
