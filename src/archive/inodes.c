/*
 * A set of device and inode numbers, mixed into 64 bits without loss for
 * inode numbers below 2^48 and a few devices; open addressing.
 */
#include <stdlib.h>

#include "archive/inodes.h"
#include "base/err.h"

void
inodes_init(struct inodes *s)
{
	*s = (struct inodes){ .n = 0 };
}

void
inodes_drop(struct inodes *s)
{
	free(s->v);
	inodes_init(s);
}

static uint64_t
key_of(const struct stat *st)
{
	uint64_t k = (uint64_t)st->st_ino ^ (uint64_t)st->st_dev << 48 ^
	    (uint64_t)st->st_dev >> 16;

	return k == 0 ? UINT64_MAX : k;
}

/* The slot that holds it, or the free one where it would go. */
static size_t
slot_of(const struct inodes *s, uint64_t key)
{
	size_t i = (size_t)(key * 0x9e3779b97f4a7c15 >> 20) & (s->size - 1);

	while (s->v[i] != 0 && s->v[i] != key)
		i = (i + 1) & (s->size - 1);
	return i;
}

static int
grow(struct inodes *s, struct err *e)
{
	struct inodes to = { .n = s->n };
	size_t i;

	to.size = s->size == 0 ? 1024 : s->size * 2;
	if ((to.v = calloc(to.size, sizeof(*to.v))) == NULL)
		return err_memory(e);
	for (i = 0; i < s->size; i++)
		if (s->v[i] != 0)
			to.v[slot_of(&to, s->v[i])] = s->v[i];
	free(s->v);
	*s = to;
	return 0;
}

int
inodes_add(struct inodes *s, const struct stat *st, struct err *e)
{
	uint64_t key = key_of(st);
	size_t i;

	if (s->n >= s->size / 4 * 3 && grow(s, e) == -1)
		return -1;
	i = slot_of(s, key);
	if (s->v[i] == 0) {
		s->v[i] = key;
		s->n++;
	}
	return 0;
}

bool
inodes_have(const struct inodes *s, const struct stat *st)
{
	if (s->size == 0)
		return false;
	return s->v[slot_of(s, key_of(st))] != 0;
}
