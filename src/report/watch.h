#ifndef REPORT_WATCH_H
#define REPORT_WATCH_H

#include <stdint.h>

/*
 * Callbacks for the long works of the rooms below, shown as progress
 * (cli/progress.h).  The cookie is not used.
 */
void	watch_step(void *cookie, const char *name);
void	watch_progress(void *cookie, uint64_t bytes, uint64_t entries);

#endif
