#ifndef TESTS_FIXTURE_H
#define TESTS_FIXTURE_H

#include "policy/policy.h"
#include "snapshot/depot.h"
#include "snapshot/snapshot.h"

/*
 * A small site of configuration only, with a real store, real keys and a
 * policy made by hand, in a folder of its own; for tests of the rooms above
 * snapshot.  Everything here fails the test when it fails.
 */
#define FIXTURE_PATH 512

struct fixture {
	char		 dir[64];
	char		 store[FIXTURE_PATH], writer[FIXTURE_PATH];
	char		 recovery[FIXTURE_PATH], policy_file[FIXTURE_PATH];
	char		 config[FIXTURE_PATH], index[FIXTURE_PATH];
	const char	*config_paths[2];
	const char	*require_keys[2];
	struct policy_require require;
	struct policy_store store_entry;
	struct policy	 policy;
	struct depot	 depot;		/* as DEPOT_DRILL, when open */
};

/* Make the site, the store, the keys; nothing is open afterwards. */
void	fixture_make(struct fixture *);

/* Open the store for this use; what was open is closed first. */
void	fixture_open(struct fixture *, enum depot_use);

/* Take a snapshot of the configuration. */
void	fixture_take(struct fixture *, struct snapshot *);

/* Sign a snapshot (again, changed) and put it into the open store. */
void	fixture_sign_snapshot(struct fixture *, struct snapshot *);

/* Write a configuration file's content. */
void	fixture_config(struct fixture *, const char *text);

/* Path of the only, or the first, object below a prefix of the store. */
char	*fixture_object(struct fixture *, const char *prefix,
	    char path[FIXTURE_PATH]);

/* Close and remove all. */
void	fixture_drop(struct fixture *);

/* Change the byte at an offset (from the end if negative) of a file. */
void	fixture_flip(const char *path, long offset);

#endif
