#ifndef POLICY_SCHEMA_H
#define POLICY_SCHEMA_H

#include <stddef.h>
#include <stdint.h>

struct err;
struct tree;

/*
 * The policy as it is written: text that is not understood yet, lists with
 * their counts, NULL and 0 for what is not there.  muster-policy(5) has the
 * meaning of each.
 */
enum raw_bool {
	RAW_UNSET = 0,
	RAW_TRUE,
	RAW_FALSE
};

struct raw_list {
	char		**item;
	uint32_t	 n;
};

struct raw_db {
	char		*defaults_file, *socket, *user, *connections, *max_lag;
	struct raw_list	 databases, exclude;
	int		 method;
};

struct raw_files {
	struct raw_list	 paths, exclude;
	enum raw_bool	 one_file_system, allow_unreadable;
};

struct raw_config {
	struct raw_list	 paths, exclude;
};

struct raw_assertion {
	char		*name, *database, *sql, *expect, *files_below;
	enum raw_bool	 files_exist;
};

struct raw_check {
	char		*name, *run, *timeout;
};

struct raw_components {
	struct raw_db		*db;
	struct raw_files	*files;
	struct raw_config	*config;
};

struct raw_keys {
	char	*writer, *recovery, *passphrase_file;
};

struct raw_objectives {
	char	*rto, *rpo;
};

struct raw_rehearse {
	char	*run, *timeout;
};

enum raw_method { RAW_METHOD_UNSET, RAW_LOGICAL, RAW_PHYSICAL };
enum raw_owners { RAW_OWNERS_UNSET, RAW_PROVEN, RAW_RECORDED };

struct raw_drill {
	char			*from, *scratch, *mariadbd, *memory;
	char			*provision;
	int			 server, owners;
	enum raw_bool		 check_tables, well_formed, frappe_passwords;
	struct raw_check	*hooks;
	uint32_t		 n_hooks;
	struct raw_rehearse	*rehearse;
	struct raw_assertion	*assertions;
	uint32_t		 n_assertions;
};

struct raw_drill_key {
	char	*escrow;
};

struct raw_size {
	char	*shrink, *growth;
};

struct raw_gate {
	char			*snapshot_age, *drill_age, *margin;
	char			*clock_skew, *valid, *coverage, *slowdown;
	char			*full_drill_age;
	char			*forecast, *rpo_period, *sabotage_age;
	char			*locked, *doctor_age;
	enum raw_bool		 key_apart;
	struct raw_list		 readers, offsite;
	struct raw_drill_key	 drill_key;
	struct raw_size		 size;
	struct raw_check	*checks;
	uint32_t		 n_checks;
};

struct raw_notify {
	char	*ping, *ping_file, *textfile;
};

struct raw_retention {
	char	*within, *last, *hourly, *daily, *weekly, *monthly, *yearly;
};

struct raw {
	char			*site, *state;
	struct raw_components	 components;
	struct raw_keys		 keys;
	struct raw_objectives	 objectives;
	struct raw_drill	 drill;
	struct raw_gate		 gate;
	struct raw_retention	 retention;
	struct raw_notify	 notify;
};

/*
 * Load the text, of which tree is the tree.  ERR_INPUT with file, line, key
 * and what was expected when it does not have the policy's shape: unknown or
 * missing keys, wrong types, empty lists.
 */
struct raw	*raw_load(const char *text, size_t, const struct tree *,
		    struct err *);
void		 raw_free(struct raw *);

#endif
