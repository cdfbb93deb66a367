/*
 * Progress: what was done of a step, told at most so often.  It is a help to
 * the eye, never evidence: nothing here can fail a run, and a standard error
 * that cannot be written is not noticed.
 *
 * All state is behind one lock, because the threads that read and those that
 * seal both report.  Shown nowhere, it costs a load and a compare.
 */
#include <inttypes.h>
#include <jansson.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/num.h"
#include "cli/cmd.h"
#include "cli/progress.h"

#define NS 1000000000LL
#define LINE_EVERY (NS / 5)
#define JSON_EVERY NS
#define LINE_MAX_COLUMNS 200
#define STEP_MAX 48

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Atomic enum progress_how how = PROGRESS_NONE;
static struct {
	char		 step[STEP_MAX];
	uint64_t	 bytes, entries, total;
	int64_t		 began;
	int64_t		 shown;		/* when last, or 0 */
	int		 columns;	/* of what stands on the line now */
} now;

void
progress_use(enum progress_how wanted)
{
	how = wanted;
}

static int
terminal_columns(void)
{
	struct winsize w;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &w) == -1 || w.ws_col < 2)
		return 79;
	return w.ws_col <= LINE_MAX_COLUMNS ? w.ws_col - 1 : LINE_MAX_COLUMNS;
}

/* Spaces wipe what a longer line left behind: no escape sequences needed. */
static void
put_line(const char *text)
{
	int len = (int)strlen(text), max = terminal_columns();
	int wipe;

	if (len > max)
		len = max;
	wipe = now.columns > len ? now.columns - len : 0;
	(void)fprintf(stderr, "\r%.*s%*s", len, text, wipe, "");
	if (len == 0)
		(void)putc('\r', stderr);
	(void)fflush(stderr);
	now.columns = len;
}

static void
show_line(double seconds)
{
	char text[LINE_MAX_COLUMNS + 1];
	char done[NUM_TEXT_MAX], all[NUM_TEXT_MAX], rate[NUM_TEXT_MAX];
	char left[NUM_TEXT_MAX];
	double per_second = seconds > 0 ? (double)now.bytes / seconds : 0;

	(void)num_format_size(now.bytes, done);
	(void)num_format_size(now.total, all);
	(void)num_format_size((uint64_t)per_second, rate);
	if (now.total == 0 || now.bytes > now.total || per_second < 1)
		(void)snprintf(text, sizeof(text), "%s: %s, %" PRIu64
		    " entries, %s/s", now.step, done, now.entries, rate);
	else
		(void)snprintf(text, sizeof(text), "%s: %s of %s, %" PRIu64
		    " entries, %s/s, %s left", now.step, done, all,
		    now.entries, rate, num_format_seconds(
		    (double)(now.total - now.bytes) / per_second, left));
	put_line(text);
}

static void
show_json(double seconds)
{
	json_t *o;
	char *text = NULL;

	o = json_pack("{ss, ss, ss, ss, sI, sI, sI, sf}",
	    "schema", "muster.progress/1", "run_id", cmd_run_id(),
	    "event", "progress", "step", now.step,
	    "bytes", (json_int_t)now.bytes,
	    "total_bytes", (json_int_t)now.total,
	    "entries", (json_int_t)now.entries, "seconds", seconds);
	if (o != NULL)
		text = json_dumps(o, JSON_COMPACT | JSON_REAL_PRECISION(6));
	if (text != NULL)
		(void)fprintf(stderr, "%s\n", text);
	free(text);
	json_decref(o);
}

/* The last word on a step is said even when the last was said just now. */
static void
show(bool last)
{
	int64_t t = clock_monotonic();
	int64_t every = how == PROGRESS_JSON ? JSON_EVERY : LINE_EVERY;
	double seconds = (double)(t - now.began) / NS;

	if (!last && t - now.shown < every)
		return;
	now.shown = t;
	if (how == PROGRESS_JSON)
		show_json(seconds);
	else if (!last)
		show_line(seconds);
}

static void
end(void)
{
	if (now.step[0] == '\0')
		return;
	show(true);
	if (now.columns > 0)
		put_line("");
	now.step[0] = '\0';
}

void
progress_step(const char *name, uint64_t total_bytes)
{
	if (how == PROGRESS_NONE)
		return;
	(void)pthread_mutex_lock(&lock);
	end();
	(void)snprintf(now.step, sizeof(now.step), "%s", name);
	now.bytes = now.entries = 0;
	now.total = total_bytes;
	now.began = now.shown = clock_monotonic();
	(void)pthread_mutex_unlock(&lock);
}

void
progress_add(uint64_t bytes, uint64_t entries)
{
	if (how == PROGRESS_NONE)
		return;
	(void)pthread_mutex_lock(&lock);
	now.bytes += bytes;
	now.entries += entries;
	if (now.step[0] != '\0')
		show(false);
	(void)pthread_mutex_unlock(&lock);
}

void
progress_end(void)
{
	if (how == PROGRESS_NONE)
		return;
	(void)pthread_mutex_lock(&lock);
	end();
	(void)pthread_mutex_unlock(&lock);
}
