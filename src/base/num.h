#ifndef BASE_NUM_H
#define BASE_NUM_H

#include <stddef.h>
#include <stdint.h>

struct err;

/* A whole decimal number within [min, max]; nothing before or after it. */
int	num_parse(const char *, uint64_t min, uint64_t max, uint64_t *,
	    struct err *);

/*
 * A size: digits with an optional K, M, G, T (powers of 1024; an i or B may
 * follow), in bytes.
 */
int	num_parse_size(const char *, uint64_t *, struct err *);

/*
 * A duration: one or more of digits followed by s, m, h, d, w (30m, 1h30m),
 * in seconds.  A bare number is refused: it has no unit.
 */
int	num_parse_duration(const char *, uint64_t *, struct err *);

/* A percentage, "20%" or "0.5%", in millionths (20% is 200000). */
int	num_parse_percent(const char *, uint32_t *, struct err *);

#define NUM_TEXT_MAX 32

/*
 * "1.4 GB" (powers of 1000); "3m 20s", "15m", "0.41 s"; "1 pack", "2 packs",
 * "3 entries" of the words pack and entry.  Each returns its buffer.
 */
char	*num_format_size(uint64_t bytes, char [NUM_TEXT_MAX]);
char	*num_format_seconds(double, char [NUM_TEXT_MAX]);
char	*num_format_count(uint64_t, const char *word, char [NUM_TEXT_MAX]);

/* Lower-case hexadecimal; out holds 2 * n + 1 bytes and is returned. */
char	*num_hex(const void *, size_t n, char *out);

/* The reverse: exactly n bytes from 2 * n lower-case digits, or -1. */
int	num_unhex(const char *, void *, size_t n);

#endif
