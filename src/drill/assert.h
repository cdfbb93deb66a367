#ifndef DRILL_ASSERT_H
#define DRILL_ASSERT_H

#include <stdbool.h>

#include "db/db.h"
#include "drill/receipt.h"

struct buf;
struct err;
struct policy;
struct policy_assertion;

/*
 * Does this value, as text, satisfy an expectation of the policy: "= 1",
 * ">= 1.5", "!= x"?  Both sides are compared as decimal numbers of any length
 * when both are numbers, else as bytes; only numbers have an order.
 */
bool	assert_value(const char *value, const char *expect);

/* Where restored things are. */
struct assert_place {
	struct db_login		 login;		/* of the throwaway server */
	const char		*database;	/* assertions' default */
	/* folder of the restored files */
	const char		*files;
	/* folder of the restored config */
	const char		*config;
	const char *const	*files_paths;	/* absolute, as archived */
	const char *const	*config_paths;
};

/*
 * Append the restored file whose last part is this name: one of the
 * configuration's paths, or directly below one.  ERR_ABSENT when there is
 * none; the buffer's max must be more than the file has.
 */
int	assert_config_load(const struct assert_place *, const char *name,
	    struct buf *, struct err *);

/*
 * Run one SQL assertion and add its outcome to the receipt.  SQL that fails
 * is a failed check.  -1 only when the outcome could not be added.
 */
int	assert_sql(struct receipt *, const struct policy_assertion *,
	    const struct assert_place *, struct err *);

/*
 * Check that every configuration file the policy demands is among the
 * restored ones, is JSON, and has its required keys with a value; one check
 * a file.  -1 only when an outcome could not be added.
 */
int	assert_config(struct receipt *, const struct policy *,
	    const struct assert_place *, struct err *);

#endif
