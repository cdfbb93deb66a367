#ifndef GATE_SABOTAGE_COPY_H
#define GATE_SABOTAGE_COPY_H

#include <stdint.h>

#include "drill/drill.h"

struct err;

/* A number below n, from the system's randomness; 0 when n is 0. */
uint64_t	sabotage_random(uint64_t n);

/*
 * Damage a restored copy: take away a row, or change one; what was done goes
 * to done.  ERR_ABSENT when there is nothing that can be damaged so.
 */
int	sabotage_row(const struct drill_copy *, bool take_away,
	    char done[RECEIPT_TEXT_MAX], struct err *);

/* The same for a file below a folder; a changed one keeps size and time. */
int	sabotage_file(const char *folder, bool take_away,
	    char done[RECEIPT_TEXT_MAX], struct err *);

#endif
