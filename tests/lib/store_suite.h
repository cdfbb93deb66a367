#ifndef TESTS_STORE_SUITE_H
#define TESTS_STORE_SUITE_H

struct store;

/*
 * Run what every store must do, each test on a fresh empty one; the suite
 * closes it.  Returns the number of failed tests.
 */
int	store_suite_run(const char *name, struct store *(*fresh)(void));

#endif
