#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdint.h>

/*
 * Progress on standard error: one line, redrawn at most 5 times a second,
 * when that is a terminal (and not --quiet), or JSON lines once a second with
 * --progress=json.  Otherwise nothing.  Threads may call it.
 */

enum progress_how {
	PROGRESS_NONE,
	PROGRESS_LINE,
	PROGRESS_JSON
};

/* How to show it; nothing until then.  Called once by cmd. */
void	progress_use(enum progress_how);

/* A new step: "database", "files"; total 0 when unknown. */
void	progress_step(const char *name, uint64_t total_bytes);

/* So many more bytes and entries are done. */
void	progress_add(uint64_t bytes, uint64_t entries);

/* Wipe the line: something will be printed, or the work is over. */
void	progress_end(void);

#endif
