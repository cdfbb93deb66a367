/*
 * Looking up names is slow (it may ask a directory server), and trees have
 * few owners: a small table of the last ones answers nearly always.
 */
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "archive/owners.h"
#include "base/err.h"

#define SLOTS 64
#define LOOKUP_SIZE 16384
#define OWNER_NAME_MAX 256

struct owner {
	bool		 known;
	uint32_t	 id;
	char		 name[OWNER_NAME_MAX];	/* "" when it has none */
};

struct owners {
	struct owner	 user[SLOTS], group[SLOTS];
	char		 scratch[LOOKUP_SIZE];
};

struct owners *
owners_new(struct err *e)
{
	struct owners *o;

	if ((o = calloc(1, sizeof(*o))) == NULL)
		(void)err_memory(e);
	return o;
}

void
owners_free(struct owners *o)
{
	free(o);
}

static const char *
remember(struct owner *w, uint32_t id, const char *name)
{
	w->known = true;
	w->id = id;
	w->name[0] = '\0';
	if (name != NULL && strlen(name) < sizeof(w->name))
		memcpy(w->name, name, strlen(name) + 1);
	return w->name[0] == '\0' ? NULL : w->name;
}

const char *
owners_user(struct owners *o, uid_t uid)
{
	struct owner *w = &o->user[uid % SLOTS];
	struct passwd pw, *found = NULL;

	if (w->known && w->id == uid)
		return w->name[0] == '\0' ? NULL : w->name;
	if (getpwuid_r(uid, &pw, o->scratch, sizeof(o->scratch),
	    &found) != 0)
		found = NULL;
	return remember(w, uid, found == NULL ? NULL : found->pw_name);
}

const char *
owners_group(struct owners *o, gid_t gid)
{
	struct owner *w = &o->group[gid % SLOTS];
	struct group gr, *found = NULL;

	if (w->known && w->id == gid)
		return w->name[0] == '\0' ? NULL : w->name;
	if (getgrgid_r(gid, &gr, o->scratch, sizeof(o->scratch),
	    &found) != 0)
		found = NULL;
	return remember(w, gid, found == NULL ? NULL : found->gr_name);
}
