#ifndef DRILL_ASSERT_H
#define DRILL_ASSERT_H

#include <stdbool.h>

#include "db/db.h"
#include "drill/receipt.h"

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

#define ASSERT_PATH_SIZE 8192

/*
 * Where the restored file is whose last part is this name: one of the
 * configuration's paths, or directly below one.  False when there is none.
 */
bool	assert_config_path(const struct assert_place *, const char *name,
	    char path[ASSERT_PATH_SIZE]);

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
