#ifndef POLICY_FILL_H
#define POLICY_FILL_H

#include <stdbool.h>
#include <stdint.h>

struct err;
struct loaded;
struct raw_check;
struct raw_drill;
struct raw_gate;
struct raw_list;
struct tree;
struct policy_check;

/* A policy on its way from what is written to what is meant. */
struct fill {
	struct loaded		*l;
	const struct tree	*tree;
	const char		*folder;
	struct err		*e;
};

/*
 * Keep what a key says, checked; a text of NULL leaves the default that is
 * there.  A relative path is meant from the policy's folder.  path names the
 * key in errors; durations and numbers have limits.
 */
int	fill_keep(struct fill *, const char *text, const char **out);
int	fill_keep_path(struct fill *, const char *path, const char **out);
int	fill_keep_list(struct fill *, const struct raw_list *, bool paths,
	    const char ***out);
int	fill_keep_duration(struct fill *, const char *path, const char *text,
	    uint64_t min, uint64_t *out);
int	fill_keep_number(struct fill *, const char *path, const char *text,
	    uint32_t max, uint32_t *out);
int	fill_keep_percent(struct fill *, const char *path, const char *text,
	    uint32_t *out);

/* Put the key before what a parser of numbers said. */
int	fill_not_understood(struct fill *, const char *path);

/* A list of commands, which path names; no two have the same name. */
int	fill_commands(struct fill *, const char *path,
	    const struct raw_check *, uint32_t n, struct policy_check **);

/* 0 if it can be a name: names become parts of paths and of object names. */
int	fill_check_name(const char *);
#define FILL_NAME_EXPECTED "expected at most 64 letters, digits, '.', '_' " \
    "and '-', not starting with '.'"

/* The parts of the policy that have a file of their own. */
int	fill_drill(struct fill *, const struct raw_drill *);
int	fill_gate(struct fill *, const struct raw_gate *);
int	fill_stores(struct fill *);

#endif
