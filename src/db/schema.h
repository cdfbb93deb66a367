#ifndef DB_SCHEMA_H
#define DB_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "db/db.h"
#include "db/names.h"

struct code_text;
struct conn;
struct err;
struct statements;

struct column {
	char		*name;
	char		*type;		/* data_type: varchar */
	char		*full;		/* column_type: varchar(140) */
	bool		 generated, stored;	/* computed; and kept */
	char		*expression;	/* that computes it, or NULL */
	bool		 counts;		/* AUTO_INCREMENT */
	bool		 counts_or_null;	/* AUTO_INCREMENT NULL */
	bool		 no_default;		/* not even NULL */
	bool		 row_start, row_end;	/* of a versioned table */
	bool		 unversioned;	/* WITHOUT SYSTEM VERSIONING */
	char		*charset, *collation;	/* or NULL */
	char		*text_default;	/* as SHOW CREATE shows it, or NULL */
};

/* A table whose rows are taken, or one that has none of its own. */
struct relation {
	char		*database, *name;
	char		*stem;		/* DB.T, escaped */
	char		*engine;
	char		*created;	/* CREATE_TIME as text; may be empty */
	bool		 undated;	/* that is when it was last written */
	char		*create;	/* SHOW CREATE TABLE */
	uint64_t	 size;		/* the server's estimate */
	bool		 versioned, is_sequence;
	bool		 has_rows;
	bool		 transactional;
	struct column	*columns;
	size_t		 n_columns, size_columns;
	char		**key;		/* columns that order its rows */
	size_t		 n_key, size_key;
	bool		 primary;	/* it is the primary key */
	struct buf	 select;	/* statement that reads the rows */
	size_t		 where;		/* where in it WHERE would stand */
	bool		*plain;		/* columns of it without escapes */
	unsigned	 n_plain;
};

enum item_kind {
	ITEM_OTHER,		/* users.sql, load.sql, grants.sql */
	ITEM_DATABASE, ITEM_SEQUENCE, ITEM_TABLE, ITEM_ROWS, ITEM_ROUTINES,
	ITEM_VIEW, ITEM_TRIGGERS, ITEM_EVENTS
};

/*
 * An entry of the archive to be: a file with its content, or a table's rows.
 * The bytes [hole, hole + hole_len) may change without being a change of
 * schema: an AUTO_INCREMENT, the state of a sequence.
 */
struct item {
	enum item_kind	 kind;
	char		*path;
	struct buf	 content;
	size_t		 hole, hole_len;
	struct relation	*table;		/* rows: else NULL */
	struct buf	 load;		/* for load.sql: USE of a database, */
					/* LOAD DATA of rows, the table in */
					/* place of a view */
	struct buf	 unload;	/* what removes that table */
};

struct schema {
	struct item	 *items;
	size_t		  n, size;
	struct relation	**tables;	/* all, in order */
	size_t		  n_tables, size_tables;
	struct db_stats	  stats;
	struct names	  grants;	/* GRANTs on single objects */
	bool		  users_unread;	/* mysql.* could not be read */
	bool		  shallow;	/* rows were or will be looked at by */
					/* another schema_read() */
};

void	schema_init(struct schema *);
void	schema_drop(struct schema *);

/*
 * Read everything about the databases but rows, as the list of entries of
 * db_dump(), in order.  The connection is CONN_UTF8, prepared, and in no
 * transaction.  ERR_UNSUPPORTED names what cannot be taken; ERR_CHANGED what
 * vanished while it was read.
 */
int	schema_read(struct schema *, struct conn *,
	    const struct db_dump_options *, struct err *);

/* 0 when both are equal; else ERR_CHANGED names the first difference. */
int	schema_compare(const struct schema *, const struct schema *,
	    struct err *);

/*
 * The rest is between the files of this module.
 */

/* Append an item of that path, which becomes the schema's, also on NULL. */
struct item	*schema_item(struct schema *, enum item_kind, char *path,
		    struct err *);

/* The same with a script as content. */
struct item	*schema_file(struct schema *, enum item_kind, char *path,
		    const struct statements *, struct err *);

/* A copy of stem (escaped names), with a suffix: a path; NULL on -1. */
char	*schema_path(const char *stem, const char *suffix, struct err *);

/* Make DB or DB.NAME in the escaped form; NULL on -1. */
char	*schema_stem(const char *database, const char *name, struct err *);

/* Is the object named by one of the patterns in options->exclude?  1, 0, -1 */
int	schema_excluded(const struct db_dump_options *, const char *database,
	    const char *name, struct err *);

/*
 * Turn the error of a statement that met a change of schema into ERR_CHANGED;
 * -1.
 */
int	schema_failed(const struct conn *, struct err *);

/* Sequences, tables with their columns and keys, as items. */
int	schema_tables(struct schema *, struct conn *,
	    const struct db_dump_options *, const char *database,
	    struct err *);

/* The items of one of them; schema_rows() after schema_table(). */
int	schema_sequence(struct schema *, struct conn *, struct relation *,
	    struct err *);
int	schema_table(struct schema *, struct conn *, struct relation *,
	    struct err *);
int	schema_rows(struct schema *, struct relation *, struct err *);

/* What a session must be like that makes tables and sequences again. */
extern const char	schema_session[];

/* The first byte behind the literal at p: '' and a backslash go on. */
const char	*schema_literal_end(const char *p);

/*
 * [at, at + len) of create, which is a part of the file's content, is what
 * may change.
 */
void	schema_set_hole(struct item *, const char *create, size_t at,
	    size_t len);

/*
 * When all databases were read: sequences that defaults take from must be
 * among them, or ERR_UNSUPPORTED names the table.
 */
int	schema_check_defaults(const struct schema *, struct err *);

/*
 * The same for the foreign keys of these databases: ERR_UNSUPPORTED names one
 * that no load makes again.  A shallow schema is not looked at.
 */
int	schema_check_foreign(const struct schema *, struct conn *,
	    const char *const *databases, struct err *);

/*
 * A copy of what a column of the answer to "verb `name`" holds; NULL on -1.
 * ERR_ABSENT when it holds nothing.
 */
char	*schema_show(struct conn *, const char *verb, const char *name,
	    unsigned column, struct err *);

/* Routines and packages, views, triggers, events, as items. */
int	schema_code(struct schema *, struct conn *,
	    const struct db_dump_options *, const char *database,
	    struct err *);

/* users.sql, to be run first, as an item; and grants.sql, to be run last. */
int	schema_users(struct schema *, struct conn *,
	    const struct db_dump_options *, struct err *);
int	schema_grants(struct schema *, struct err *);

/*
 * Append to out the content of load.sql: how the mariadb client alone loads
 * the items.
 */
int	schema_load_file(const struct schema *, struct buf *out, struct err *);

/*
 * The statements that read a table's rows and that load them again; select
 * and plain of the table are made, load is appended.
 */
int	relation_statements(struct relation *, const char *path,
	    struct buf *load, struct err *);

/*
 * Is there a row, history included, that no load can bring back?
 * ERR_UNSUPPORTED says why.
 */
int	relation_check_rows(const struct relation *, struct conn *,
	    struct err *);

/*
 * The same by a connection that reads rows at the point (CONN_BINARY, in no
 * database), for rows that came since.
 */
int	relation_check_read(const struct relation *, struct conn *,
	    struct err *);

/*
 * Does the trigger use a column (NEW.x, OLD.x) that its table does not have?
 * Then its name is put into the buffer.
 */
bool	trigger_strange_column(const struct relation *,
	    const struct code_text *, char *name, size_t size);

/* Release a table; accepts NULL. */
void	relation_free(struct relation *);

/* Is '' among the members of enum('a','')? */
bool	relation_has_empty_member(const char *full);

/* Where in SHOW CREATE TABLE the text " AUTO_INCREMENT=n" is; len 0: not. */
void	relation_find_counter(const char *create, size_t *at, size_t *len);

#endif
