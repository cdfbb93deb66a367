/*
 * The rule about receipts that verdicts name: who takes the receipt of a
 * failed drill away must not open the gate with the one before it.  Snapshots
 * that are named and gone are retention's to judge.
 */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "gate/rules.h"
#include "snapshot/named.h"

struct look {
	struct named	 named;
	enum trail_kind	 kind;
	size_t		 verdicts, missing;
	const char	*by;
	char		 first[RECEIPT_TEXT_MAX];
};

static int
take_in(void *cookie, const struct trail_item *item, struct err *e)
{
	struct look *l = cookie;
	struct err why;

	if (l->kind == TRAIL_VERDICTS)
		l->verdicts++;
	if (named_add(&l->named, l->kind, item, &why) == 0 ||
	    why.kind != ERR_MEMORY)
		return 0;	/* what is damaged is the chains' to judge */
	*e = why;
	return -1;
}

static void
say_missing(void *cookie, const char *prefix, const struct id *id)
{
	struct look *l = cookie;
	char hex[ID_TEXT_SIZE];

	if (strcmp(prefix, "receipts/") == 0 && l->missing++ == 0)
		(void)snprintf(l->first, sizeof(l->first), "%s*-%s, named by "
		    "%.150s", prefix, id_format(id, hex), l->by);
}

static int
find_missing(void *cookie, const struct trail_item *item, struct err *e)
{
	struct look *l = cookie;
	struct err told;

	(void)e;
	l->by = item->object;
	(void)named_tell(&l->named, TRAIL_VERDICTS, item, say_missing, l,
	    &told);
	return 0;
}

static int
look(struct look *l, const struct depot *d, struct err *e)
{
	l->kind = TRAIL_VERDICTS;
	if (trail_each(d, l->kind, take_in, l, e) != 0)
		return -1;
	l->kind = TRAIL_RECEIPTS;
	if (trail_each(d, l->kind, take_in, l, e) != 0)
		return -1;
	if (l->named.missing.n == 0)
		return 0;
	if (named_look_again(&l->named, d->store, e) == -1)
		return -1;
	return trail_each(d, TRAIL_VERDICTS, find_missing, l, e) == 0 ? 0 : -1;
}

int
rules_judged(struct evidence *x, struct err *e)
{
	struct look l = { .kind = TRAIL_VERDICTS };
	char seen[RECEIPT_TEXT_MAX];
	enum rule_result result = RULE_UNKNOWN;
	struct err why;
	int rc = 0;

	err_clear(&why);
	named_init(&l.named);
	if (look(&l, x->d, &why) == -1) {
		if (why.kind == ERR_INTERRUPTED || why.kind == ERR_MEMORY) {
			*e = why;
			rc = -1;
			goto done;
		}
		(void)snprintf(seen, sizeof(seen), "%.500s", why.text);
	} else if (l.missing > 0) {
		(void)snprintf(seen, sizeof(seen), "%zu gone: %.450s",
		    l.missing, l.first);
		result = RULE_FAIL;
	} else {
		(void)snprintf(seen, sizeof(seen), "those of %zu verdicts",
		    l.verdicts);
		result = RULE_PASS;
	}
	rule_add(x, "judged receipts", result, "receipts/", "every receipt "
	    "that a verdict names is there", seen);
done:
	named_drop(&l.named);
	return rc;
}
