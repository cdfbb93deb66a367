#ifndef PACK_INDEX_CRASH_H
#define PACK_INDEX_CRASH_H

/*
 * A file that is mapped and damaged may end us inside LMDB by a signal: a page
 * number beyond the end of the file is a bus error, a count that cannot be is
 * an assertion.  While a path is watched, an end by SIGBUS, SIGSEGV or SIGABRT
 * makes an empty file of it first, and the next run knows; the signal then
 * does what it did before.  A few paths can be watched at once, more are not.
 */
void	index_crash_watch(const char *path);

/* No longer; one that is not watched is accepted. */
void	index_crash_forget(const char *path);

#endif
