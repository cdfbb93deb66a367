/* See source_fake.h. */
#include <stdlib.h>

#include "base/err.h"
#include "source_fake.h"

struct source {
	const uint8_t	*p;
	size_t		 left;
};

static const uint8_t *bytes;
static size_t n_bytes, piece_max;

void
source_fake_set(const uint8_t *p, size_t n, size_t piece)
{
	bytes = p;
	n_bytes = n;
	piece_max = piece;
}

struct source *
__wrap_source_new(struct chunks *c, const struct ref *refs, size_t n,
    struct err *e)
{
	struct source *s = malloc(sizeof(*s));

	(void)c;
	(void)refs;
	(void)n;
	if (s == NULL) {
		(void)err_memory(e);
		return NULL;
	}
	s->p = bytes;
	s->left = n_bytes;
	return s;
}

int
__wrap_source_read(struct source *s, const void **data, size_t *n,
    struct err *e)
{
	(void)e;
	if (s->left == 0)
		return 0;
	*n = piece_max != 0 && piece_max < s->left ? piece_max : s->left;
	*data = s->p;
	s->p += *n;
	s->left -= *n;
	return 1;
}

void
__wrap_source_free(struct source *s)
{
	free(s);
}
