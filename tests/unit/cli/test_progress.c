/*
 * Progress: what a terminal and a program see of it, with a faked clock.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/clock.h"
#include "cli/progress.h"

#define SECOND 1000000000LL
#define START (1000 * SECOND)

static char text[8192];
static FILE *file;
static int keep;

static void
catch_stderr(void)
{
	(void)fflush(stderr);
	assert_non_null(file = tmpfile());
	assert_true((keep = dup(STDERR_FILENO)) >= 0);
	assert_true(dup2(fileno(file), STDERR_FILENO) >= 0);
	clock_fake(START, START);
}

static void
release_stderr(void)
{
	size_t n;

	(void)fflush(stderr);
	assert_true(dup2(keep, STDERR_FILENO) >= 0);
	(void)close(keep);
	rewind(file);
	n = fread(text, 1, sizeof(text) - 1, file);
	text[n] = '\0';
	(void)fclose(file);
	clock_fake(-1, -1);
}

static void
at(int64_t ms)
{
	clock_fake(START, START + ms * (SECOND / 1000));
}

static void
nothing_is_shown_when_nobody_asked(void **state)
{
	(void)state;
	catch_stderr();
	progress_use(PROGRESS_NONE);
	progress_step("files", 100);
	at(5000);
	progress_add(50, 1);
	progress_end();
	release_stderr();
	assert_string_equal(text, "");
}

static void
a_line_is_redrawn_five_times_a_second_and_wiped(void **state)
{
	const char *line = "\rfiles: 1.0 MB of 4.0 MB, 3 entries, 2.0 MB/s, "
	    "1.50 s left";
	char wanted[256];
	int len;

	(void)state;
	catch_stderr();
	progress_use(PROGRESS_LINE);
	progress_step("files", 4000000);
	at(100);
	progress_add(500000, 1);
	at(500);
	progress_add(500000, 2);
	at(600);
	progress_add(1, 1);
	progress_end();
	progress_end();
	release_stderr();
	len = (int)strlen(line) - 1;
	(void)snprintf(wanted, sizeof(wanted), "%s\r%*s\r", line, len, "");
	assert_string_equal(text, wanted);
}

static void
an_unknown_total_promises_no_time(void **state)
{
	(void)state;
	catch_stderr();
	progress_use(PROGRESS_LINE);
	progress_step("database", 0);
	at(1000);
	progress_add(2000000, 7);
	progress_step("files", 10);	/* more than was announced */
	at(2000);
	progress_add(2000000, 7);
	progress_end();
	release_stderr();
	assert_non_null(strstr(text,
	    "\rdatabase: 2.0 MB, 7 entries, 2.0 MB/s"));
	assert_non_null(strstr(text, "\rfiles: 2.0 MB, 7 entries, 2.0 MB/s"));
	assert_null(strstr(text, "left"));
}

static void
json_comes_once_a_second_and_at_the_end_of_a_step(void **state)
{
	json_t *o;
	char *line;
	int lines = 0;
	int i;

	(void)state;
	catch_stderr();
	progress_use(PROGRESS_JSON);
	progress_step("files", 100);
	for (i = 1; i <= 20; i++) {
		at(i * 100);
		progress_add(5, 1);
	}
	progress_end();
	release_stderr();
	for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		assert_non_null(o = json_loads(line, 0, NULL));
		assert_string_equal(json_string_value(
		    json_object_get(o, "schema")), "muster.progress/1");
		assert_string_equal(json_string_value(
		    json_object_get(o, "step")), "files");
		lines++;
		assert_int_equal(json_integer_value(
		    json_object_get(o, "bytes")), lines == 1 ? 50 : 100);
		assert_int_equal(json_integer_value(
		    json_object_get(o, "total_bytes")), 100);
		json_decref(o);
	}
	assert_int_equal(lines, 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_shown_when_nobody_asked),
		cmocka_unit_test(
		    a_line_is_redrawn_five_times_a_second_and_wiped),
		cmocka_unit_test(an_unknown_total_promises_no_time),
		cmocka_unit_test(
		    json_comes_once_a_second_and_at_the_end_of_a_step),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
