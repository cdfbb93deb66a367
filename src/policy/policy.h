#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/id.h"

struct err;

/*
 * The policy file, as muster-policy(5) says, checked and with defaults filled
 * in.  Lists of text end with NULL.  Durations are seconds, sizes bytes,
 * percentages millionths.  All pointers are the policy's.
 */
struct policy_db {
	bool		  present;
	const char	 *defaults_file;
	const char	 *socket;
	const char	 *user;
	const char	**databases;
	const char	**exclude;	/* db.table patterns */
	bool		  physical;	/* method; else logical */
	uint32_t	  connections;	/* 0: automatic */
	uint64_t	  max_lag;	/* of a replica; default the rpo */
};

struct policy_files {
	bool		  present;
	const char	**paths;
	const char	**exclude;
	bool		  one_file_system;	/* default true */
	bool		  allow_unreadable;	/* gate accepts exit 4; */
						/* default no */
};

struct policy_require {
	const char	 *file;		/* last part of a config path */
	const char	**keys;		/* JSON keys it must have, non-empty */
};

struct policy_config {
	bool		  present;
	const char	**paths;
	const char	**exclude;
	struct policy_require *require;
	uint32_t	  n_require;
};

enum policy_lock {
	POLICY_UNLOCKED = 0,
	POLICY_GOVERNANCE,
	POLICY_COMPLIANCE
};

struct policy_store {
	const char	 *name;
	const char	 *url;
	/* of a bucket only; NULL and 0 when not said */
	const char	 *endpoint;
	const char	 *region;
	const char	 *ca_file;
	const char	 *credentials;	/* file */
	const char	 *profile;	/* section of it */
	const char	 *storage_class;
	bool		  has_path_style, path_style;
	enum policy_lock  lock;
	uint32_t	  lock_days;
	uint64_t	  limit_upload;	/* bytes a second */
};

struct policy_assertion {
	const char	 *name;
	const char	 *database;	/* NULL: the first one */
	const char	 *sql;
	const char	 *expect;	/* "= 1", ">= 1", "empty"...; or NULL */
	bool		  files_exist;	/* rows are URLs of files that */
					/* the restore must have */
	const char	 *files_below;	/* folder that URLs are below; */
					/* NULL: found by files.paths */
};

struct policy_check {
	const char	 *name;
	const char	 *run;
	uint64_t	  timeout;	/* default 60 s */
};

struct policy {
	const char	 *path;		/* of the file */
	struct id	  digest;	/* SHA-256 of its bytes */
	const char	 *site;
	struct policy_db	db;
	struct policy_files	files;
	struct policy_config	config;
	struct policy_store    *stores;	/* the first is where snapshots go */
	uint32_t	  n_stores;
	const char	 *writer_key;
	const char	 *recovery_key;	/* or NULL */
	const char	 *passphrase_file;	/* or NULL */
	const char	 *state;	/* index and locks; default */
					/* /var/lib/muster/<site>, or from */
					/* $STATE_DIRECTORY */
	uint64_t	  rto, rpo;
	const char	 *drill_from;	/* a store's name, default the last */
	bool		  drill_owners_recorded;	/* else proven */
	const char	 *drill_scratch;	/* default /var/tmp */
	const char	 *drill_mariadbd;	/* program; NULL: found */
	uint64_t	  drill_memory;	/* bytes; 0: by the machine */
	uint64_t	  drill_provision;	/* seconds until there is a */
					/* machine to restore to */
	bool		  drill_check_tables;	/* default yes */
	bool		  drill_well_formed;	/* default yes */
	bool		  drill_frappe_passwords;	/* default: when an */
					/* encryption_key is demanded */
	struct policy_check *rehearse;	/* a migration, or NULL; default */
					/* timeout 1 h */
	struct policy_check *hooks;	/* beside the restored site */
	uint32_t	  n_hooks;
	struct policy_assertion *assertions;
	uint32_t	  n_assertions;
	uint64_t	  gate_snapshot_age;	/* default: rpo */
	uint64_t	  gate_drill_age;	/* default 7 days */
	uint32_t	  gate_margin;		/* default 0 */
	uint64_t	  gate_clock_skew;	/* default 60 s */
	uint64_t	  gate_valid;	/* of a verdict; default 1 h */
	const char	**gate_offsite;	/* stores; default all but the */
					/* first; NULL: none */
	uint64_t	  gate_locked;	/* 0: not judged */
	uint64_t	  gate_doctor_age;	/* 0: not demanded */
	bool		  gate_key_apart;	/* default no */
	const char	**gate_readers;	/* names of recovery keys; or NULL */
	uint64_t	  gate_escrow;	/* 0: not demanded */
	uint32_t	  gate_coverage;	/* default all */
	uint64_t	  gate_full_age;	/* default 30 days */
	uint32_t	  gate_slowdown;	/* default 100 % */
	uint64_t	  gate_forecast;	/* 0: not demanded */
	uint32_t	  gate_shrink;	/* default 50 % */
	uint32_t	  gate_growth;	/* 0: any */
	uint64_t	  gate_rpo_period;	/* 0: not judged */
	uint64_t	  gate_sabotage_age;	/* 0: not demanded */
	struct policy_check *checks;
	uint32_t	  n_checks;
	const char	 *notify_ping;	/* URL, or NULL */
	const char	 *notify_ping_file;	/* that has it, or NULL */
	const char	 *notify_textfile;	/* or NULL */
	struct {
		uint64_t within;		/* seconds; 0 not used */
		uint32_t last, hourly, daily, weekly, monthly, yearly;
	} retention;
};

/*
 * Load and check a policy.  path NULL: $MUSTER_POLICY, ./muster.yaml,
 * /etc/muster/muster.yaml, the first that exists.  ERR_INPUT with "file:line:
 * key: what was expected" for anything wrong; unknown keys are wrong.  Paths
 * that are relative are meant from the policy's folder.  ERR_DENIED when
 * everybody may write to it, or when nobody named it and it is another user's.
 */
struct policy	*policy_load(const char *path, struct err *);
void		 policy_free(struct policy *);

/*
 * The same from memory; name stands for the file in errors, and relative
 * paths are meant from the folder in it ("" keeps them relative).
 */
int	policy_parse(struct policy **, const char *text, size_t len,
	    const char *name, struct err *);

/* Can it be pinged: http:// or https://, a host, no space? */
bool	policy_is_ping_url(const char *);

/* The store of that name (NULL: the first), or NULL with ERR_INPUT. */
const struct policy_store	*policy_find_store(const struct policy *,
				    const char *name, struct err *);

#endif
