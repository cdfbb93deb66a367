/*
 * How much memory there is for us: see memory.h.  What cannot be read limits
 * nothing; the kernel's own limits stay what they are.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/memory.h"

#define PATH_SIZE 1024
#define LINE_SIZE 1024
#define UNLIMITED (UINT64_C(1) << 60)	/* version 1 writes 2^63 less a page */

/* The number in a file of one number; false for "max", or when unreadable. */
static bool
read_number(const char *folder, const char *name, uint64_t *out)
{
	char path[PATH_SIZE + 64], line[64];
	FILE *f;
	bool good;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	if ((f = fopen(path, "re")) == NULL)
		return false;
	good = fgets(line, sizeof(line), f) != NULL &&
	    line[0] >= '0' && line[0] <= '9';
	if (good)
		*out = strtoull(line, NULL, 10);
	(void)fclose(f);
	return good;
}

/* The number after a word at the start of a line; 0 when there is none. */
static uint64_t
read_line(const char *folder, const char *name, const char *word)
{
	char path[PATH_SIZE + 64], line[LINE_SIZE];
	uint64_t v = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	if ((f = fopen(path, "re")) == NULL)
		return 0;
	while (v == 0 && fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, word, strlen(word)) == 0)
			v = strtoull(line + strlen(word), NULL, 10);
	(void)fclose(f);
	return v;
}

static void
at_most(struct memory_left *m, uint64_t bytes, const char *what,
    const char *name)
{
	if (bytes >= m->bytes)
		return;
	m->bytes = bytes;
	(void)snprintf(m->where, sizeof(m->where), "%s%.200s", what, name);
}

/* What one control group allows still. */
static void
look_group(struct memory_left *m, const char *folder, const char *group,
    bool second)
{
	uint64_t limit, used, cache;

	if (!read_number(folder, second ? "memory.max" :
	    "memory.limit_in_bytes", &limit) || limit >= UNLIMITED ||
	    !read_number(folder, second ? "memory.current" :
	    "memory.usage_in_bytes", &used))
		return;
	cache = read_line(folder, "memory.stat", second ? "inactive_file " :
	    "total_inactive_file ");
	used = used > cache ? used - cache : 0;
	at_most(m, limit > used ? limit - used : 0, "control group ",
	    group[0] != '\0' ? group : "/");
}

/* The group of this path, and all above it. */
static void
look_groups(struct memory_left *m, const char *root, char *group, bool second)
{
	char folder[PATH_SIZE], *slash;

	group[strcspn(group, "\n")] = '\0';
	do {
		if (snprintf(folder, sizeof(folder), "%s%s%s", root, second ?
		    "" : "/memory", group) < (int)sizeof(folder))
			look_group(m, folder, group, second);
		if ((slash = strrchr(group, '/')) != NULL)
			*slash = '\0';
	} while (slash != NULL);
}

/* Lines "4:memory:/path" (version 1) and "0::/path" (version 2). */
static void
look_all_groups(struct memory_left *m, const char *proc, const char *root)
{
	char path[PATH_SIZE], line[LINE_SIZE], *group;
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/self/cgroup", proc);
	if ((f = fopen(path, "re")) == NULL)
		return;
	while (fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, "0::", 3) == 0)
			look_groups(m, root, line + 3, true);
		else if ((group = strstr(line, ":memory:")) != NULL)
			look_groups(m, root, group + strlen(":memory:"),
			    false);
	(void)fclose(f);
}

void
memory_left_in(struct memory_left *m, const char *proc, const char *groups)
{
	struct rlimit r;
	uint64_t host;

	*m = (struct memory_left){ .bytes = UINT64_MAX };
	if ((host = read_line(proc, "meminfo", "MemAvailable:")) > 0)
		at_most(m, host * 1024, "this host", "");
	look_all_groups(m, proc, groups);
	if (getrlimit(RLIMIT_AS, &r) == 0 && r.rlim_cur != RLIM_INFINITY)
		at_most(m, (uint64_t)r.rlim_cur, "the limit of our address "
		    "space", "");
}

void
memory_left(struct memory_left *m)
{
	memory_left_in(m, "/proc", "/sys/fs/cgroup");
}
