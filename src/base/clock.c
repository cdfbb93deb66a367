/*
 * Time, in nanoseconds, from clocks that tests can set; and its only two
 * spellings in muster's output.
 */
#include <ctype.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/err.h"

#define NS_PER_S INT64_C(1000000000)

/* The one state of this room: what tests want the clocks to say. */
static _Atomic int64_t fake_utc = -1;
static _Atomic int64_t fake_monotonic = -1;

static int64_t
now(clockid_t id)
{
	struct timespec t = { 0 };

	(void)clock_gettime(id, &t);	/* cannot fail for these clocks */
	return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

int64_t
clock_utc(void)
{
	int64_t fake = atomic_load(&fake_utc);

	return fake >= 0 ? fake : now(CLOCK_REALTIME);
}

int64_t
clock_monotonic(void)
{
	int64_t fake = atomic_load(&fake_monotonic);

	return fake >= 0 ? fake : now(CLOCK_BOOTTIME);
}

void
clock_fake(int64_t utc, int64_t monotonic)
{
	atomic_store(&fake_utc, utc);
	atomic_store(&fake_monotonic, monotonic);
}

static char *
format(int64_t utc, const char *fmt, char out[CLOCK_TEXT_MAX])
{
	int64_t s = utc / NS_PER_S - (utc % NS_PER_S < 0);
	time_t t = (time_t)s;
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(out, CLOCK_TEXT_MAX, fmt, &tm) == 0)
		(void)snprintf(out, CLOCK_TEXT_MAX, "unknown time");
	return out;
}

char *
clock_format(int64_t utc, char out[CLOCK_TEXT_MAX])
{
	return format(utc, "%Y-%m-%dT%H:%M:%SZ", out);
}

char *
clock_format_compact(int64_t utc, char out[CLOCK_TEXT_MAX])
{
	return format(utc, "%Y%m%dT%H%M%SZ", out);
}

/* n digits and then the character `end` ('\0': any); -1 if it is not so. */
static int
digits(const char **p, int n, char end)
{
	int v = 0;

	for (; n > 0; n--, (*p)++) {
		if (!isdigit((unsigned char)**p))
			return -1;
		v = v * 10 + (**p - '0');
	}
	if (end == '\0')
		return v;
	return *(*p)++ == end ? v : -1;
}

static bool
parse_day(const char **p, struct tm *tm)
{
	static const int days[] = {
		31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
	};
	int year, month, day, leap;

	if ((year = digits(p, 4, '-')) < 1970 || year > 2261 ||
	    (month = digits(p, 2, '-')) < 1 || month > 12 ||
	    (day = digits(p, 2, '\0')) < 1 || day > days[month - 1])
		return false;
	leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	if (month == 2 && day == 29 && !leap)
		return false;
	tm->tm_year = year - 1900;
	tm->tm_mon = month - 1;
	tm->tm_mday = day;
	return true;
}

static bool
parse_time(const char **p, struct tm *tm, int64_t *ns)
{
	int64_t unit = NS_PER_S;

	if ((tm->tm_hour = digits(p, 2, ':')) < 0 || tm->tm_hour > 23 ||
	    (tm->tm_min = digits(p, 2, ':')) < 0 || tm->tm_min > 59 ||
	    (tm->tm_sec = digits(p, 2, '\0')) < 0 || tm->tm_sec > 59)
		return false;
	*ns = 0;
	if (**p != '.')
		return true;
	(*p)++;
	if (!isdigit((unsigned char)**p))
		return false;
	for (; isdigit((unsigned char)**p); (*p)++) {
		unit /= 10;
		*ns += (**p - '0') * unit;	/* 0 below a nanosecond */
	}
	return true;
}

/* Z, +hh:mm or -hh:mm, and then the end. */
static bool
parse_offset(const char **p, int64_t *seconds)
{
	int sign, hours, minutes;

	*seconds = 0;
	if (**p == 'Z' || **p == 'z')
		return (*p)[1] == '\0';
	if (**p != '+' && **p != '-')
		return false;
	sign = *(*p)++ == '-' ? -1 : 1;
	if ((hours = digits(p, 2, ':')) < 0 || hours > 23 ||
	    (minutes = digits(p, 2, '\0')) < 0 || minutes > 59)
		return false;
	*seconds = sign * (hours * 60 + minutes) * 60;
	return **p == '\0';
}

int
clock_parse(const char *text, int64_t *utc, struct err *e)
{
	const char *p = text;
	struct tm tm = { 0 };
	int64_t ns, offset, s;

	if (!parse_day(&p, &tm) || (*p != 'T' && *p != 't' && *p != ' '))
		goto done;
	p++;
	if (!parse_time(&p, &tm, &ns) || !parse_offset(&p, &offset))
		goto done;
	s = (int64_t)timegm(&tm) - offset;
	if (s < 0)
		goto done;
	*utc = s * NS_PER_S + ns;
	return 0;
done:
	return err_set(e, ERR_INPUT, "\"%.64s\" is not a time like "
	    "2026-01-31T23:59:59Z or 2026-01-31T23:59:59+01:00", text);
}
