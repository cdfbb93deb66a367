/*
 * Numbers as people write them.  Parsing is strict: what is not exactly the
 * form promised is refused with the form in the message; nothing overflows.
 */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/num.h"

/* Digits from *p on; -1 without one or when it does not fit. */
static int
digits(const char **p, uint64_t *v)
{
	if (!isdigit((unsigned char)**p))
		return -1;
	for (*v = 0; isdigit((unsigned char)**p); (*p)++) {
		uint64_t digit = (uint64_t)(**p - '0');

		if (*v > (UINT64_MAX - digit) / 10)
			return -1;
		*v = *v * 10 + digit;
	}
	return 0;
}

int
num_parse(const char *text, uint64_t min, uint64_t max, uint64_t *value,
    struct err *e)
{
	const char *p = text;
	uint64_t v;

	if (digits(&p, &v) == -1 || *p != '\0' || v < min || v > max)
		return err_set(e, ERR_INPUT,
		    "\"%.64s\" is not a whole number from %ju to %ju", text,
		    (uintmax_t)min, (uintmax_t)max);
	*value = v;
	return 0;
}

int
num_parse_size(const char *text, uint64_t *value, struct err *e)
{
	static const char units[] = "KMGT";
	const char *p = text, *unit;
	unsigned int shift = 0;
	uint64_t v;

	if (digits(&p, &v) == -1)
		goto done;
	if (*p != '\0' && (unit = strchr(units, *p)) != NULL) {
		shift = 10 * (unsigned int)(unit - units + 1);
		p++;
		if (*p == 'i')
			p++;
	}
	if (*p == 'B')
		p++;
	if (*p != '\0' || v > UINT64_MAX >> shift)
		goto done;
	*value = v << shift;
	return 0;
done:
	return err_set(e, ERR_INPUT, "\"%.64s\" is not a size like 500M or "
	    "20G", text);
}

int
num_parse_duration(const char *text, uint64_t *value, struct err *e)
{
	static const char units[] = "wdhms";	/* must come in this order */
	static const uint64_t seconds[] = { 604800, 86400, 3600, 60, 1 };
	const char *p = text, *unit, *next = units;
	uint64_t v, sum = 0;

	do {
		if (digits(&p, &v) == -1 || *p == '\0' ||
		    (unit = strchr(next, *p)) == NULL)
			goto done;
		if (v > (UINT64_MAX - sum) / seconds[unit - units])
			goto done;
		sum += v * seconds[unit - units];
		next = unit + 1;
		p++;
	} while (*p != '\0');
	*value = sum;
	return 0;
done:
	return err_set(e, ERR_INPUT, "\"%.64s\" is not a duration like 30m, "
	    "1h30m or 7d (units w, d, h, m, s, largest first)", text);
}

int
num_parse_percent(const char *text, uint32_t *value, struct err *e)
{
	const char *p = text;
	uint64_t v, unit = 10000;

	if (digits(&p, &v) == -1 || v > UINT32_MAX / unit)
		goto done;
	v *= unit;
	if (*p == '.') {
		p++;
		if (!isdigit((unsigned char)*p))
			goto done;
		for (; isdigit((unsigned char)*p); p++) {
			if ((unit /= 10) == 0)	/* finer than a millionth */
				goto done;
			v += (uint64_t)(*p - '0') * unit;
		}
	}
	if (p[0] != '%' || p[1] != '\0' || v > UINT32_MAX)
		goto done;
	*value = (uint32_t)v;
	return 0;
done:
	return err_set(e, ERR_INPUT, "\"%.64s\" is not a percentage like 20%% "
	    "or 0.5%%", text);
}

char *
num_format_size(uint64_t bytes, char out[NUM_TEXT_MAX])
{
	static const char *const units[] = { "kB", "MB", "GB", "TB", "PB",
		"EB" };
	double v = (double)bytes / 1000;
	size_t i = 0;

	if (bytes < 1000) {
		(void)snprintf(out, NUM_TEXT_MAX, "%u B", (unsigned)bytes);
		return out;
	}
	/* 999.96 kB would be printed as 1000.0 kB: it is 1.0 MB. */
	for (; v >= 999.95 && i + 1 < sizeof(units) / sizeof(units[0]); i++)
		v /= 1000;
	(void)snprintf(out, NUM_TEXT_MAX, "%.1f %s", v, units[i]);
	return out;
}

/* "3m 20s"; "3m" when nothing is left. */
static char *
two_units(uint64_t n, char unit, uint64_t rest, char less,
    char out[NUM_TEXT_MAX])
{
	if (rest == 0)
		(void)snprintf(out, NUM_TEXT_MAX, "%ju%c", (uintmax_t)n, unit);
	else
		(void)snprintf(out, NUM_TEXT_MAX, "%ju%c %ju%c", (uintmax_t)n,
		    unit, (uintmax_t)rest, less);
	return out;
}

char *
num_format_seconds(double seconds, char out[NUM_TEXT_MAX])
{
	uint64_t s;

	if (!(seconds >= 0))	/* also what is not a number */
		seconds = 0;
	if (seconds < 9.995) {
		(void)snprintf(out, NUM_TEXT_MAX, "%.2f s", seconds);
		return out;
	}
	if (seconds < 59.95) {
		(void)snprintf(out, NUM_TEXT_MAX, "%.1f s", seconds);
		return out;
	}
	s = seconds < 1e15 ? (uint64_t)(seconds + 0.5) : 1000000000000000;
	if (s < 3600)
		return two_units(s / 60, 'm', s % 60, 's', out);
	if (s < 86400)
		return two_units(s / 3600, 'h', s % 3600 / 60, 'm', out);
	return two_units(s / 86400, 'd', s % 86400 / 3600, 'h', out);
}

char *
num_format_count(uint64_t n, const char *word, char out[NUM_TEXT_MAX])
{
	size_t len = strlen(word);
	bool ies = n != 1 && len > 0 && word[len - 1] == 'y';

	(void)snprintf(out, NUM_TEXT_MAX, "%ju %.*s%s", (uintmax_t)n,
	    (int)(ies ? len - 1 : len), word, ies ? "ies" :
	    n != 1 ? "s" : "");
	return out;
}

char *
num_hex(const void *data, size_t n, char *out)
{
	static const char hex[] = "0123456789abcdef";
	const uint8_t *p = data;
	size_t i;

	for (i = 0; i < n; i++) {
		out[2 * i] = hex[p[i] >> 4];
		out[2 * i + 1] = hex[p[i] & 15];
	}
	out[2 * n] = '\0';
	return out;
}

static int
nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

int
num_unhex(const char *text, void *data, size_t n)
{
	uint8_t *p = data;
	int high, low;
	size_t i;

	for (i = 0; i < n; i++) {
		if ((high = nibble(text[2 * i])) == -1 ||
		    (low = nibble(text[2 * i + 1])) == -1)
			return -1;
		p[i] = (uint8_t)(high << 4 | low);
	}
	return text[2 * n] == '\0' ? 0 : -1;
}
