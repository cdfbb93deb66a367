#ifndef DB_SAMPLE_H
#define DB_SAMPLE_H

#include <stdbool.h>
#include <stdint.h>

struct archive_root;
struct chunks;
struct err;
struct segment;

/*
 * A random share of a database's tables (archive/sample.h), by a seed: those
 * whose rows a part copy has.  Everything else of the archive, all schema and
 * accounts, is in it whatever the share.
 */
struct db_sample;

struct db_sample_count {
	uint64_t	tables, of_tables;	/* those that have rows */
	uint64_t	bytes, of_bytes;	/* of their rows, as tar */
};

/* Reads the archive's manifest. */
struct db_sample	*db_sample_new(struct chunks *,
			    const struct archive_root *, uint64_t seed,
			    uint32_t share, struct err *);
void			 db_sample_free(struct db_sample *);
void			 db_sample_count(const struct db_sample *,
			    struct db_sample_count *);

/* Is this entry of the archive in it?  Only rows can be left out. */
bool	db_sample_has(const struct db_sample *, const char *path);

/* The same question about an archive's segments: for a choice. */
bool	db_sample_pick(const void *sample, uint64_t i,
	    const struct segment *);

#endif
