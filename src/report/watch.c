/*
 * Hands what the works tell on to the progress line: see watch.h.
 */
#include "cli/progress.h"
#include "report/watch.h"

void
watch_step(void *cookie, const char *name)
{
	(void)cookie;
	progress_step(name, 0);
}

void
watch_progress(void *cookie, uint64_t bytes, uint64_t entries)
{
	(void)cookie;
	progress_add(bytes, entries);
}
