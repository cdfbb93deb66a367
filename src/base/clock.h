#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

struct err;

#define CLOCK_TEXT_MAX 32

/* Nanoseconds since 1970 UTC. */
int64_t	clock_utc(void);

/* Nanoseconds of a clock that never goes back and counts while suspended. */
int64_t	clock_monotonic(void);

/*
 * For tests: both clocks answer these values from now on; negative values
 * bring the real ones back.  Nothing outside of tests/ calls it.
 */
void	clock_fake(int64_t utc, int64_t monotonic);

/* RFC 3339, UTC, whole seconds: 2026-01-31T23:59:59Z.  Returns its buffer. */
char	*clock_format(int64_t utc, char [CLOCK_TEXT_MAX]);

/* Compact, for names of objects: 20260131T235959Z.  Returns its buffer. */
char	*clock_format_compact(int64_t utc, char [CLOCK_TEXT_MAX]);

/* The reverse of clock_format(); also takes a fraction and an offset. */
int	clock_parse(const char *, int64_t *utc, struct err *);

#endif
