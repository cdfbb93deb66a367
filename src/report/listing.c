/*
 * The list of a store's statements: see listing.h.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/num.h"
#include "base/want.h"
#include "cli/cmd.h"
#include "cli/table.h"
#include "drill/receipt.h"
#include "report/listing.h"
#include "snapshot/trail.h"

struct listing {
	const struct listing_options *o;
	struct table		*t;
	enum trail_kind		 kind;
	uint64_t		 bad;
	struct snapshot		 s;
};

/* What one statement says, for a row. */
struct line {
	int64_t		when;
	const char	*site, *what;
	bool		bad;
	char		detail[RECEIPT_TEXT_MAX];
};

static int
row(struct listing *x, const struct trail_item *item, const struct line *l,
    struct err *e)
{
	char when[CLOCK_TEXT_MAX], id[ID_TEXT_SIZE];
	const char *const cells[] = {
		clock_format(l->when, when), l->what, l->site,
		id_format(&item->digest, id), l->detail,
	};

	if (cmd_json())
		return cmd_answer("item", json_pack(
		    "{s:s, s:s, s:s, s:s, s:s, s:s, s:s?}", "time", when,
		    "kind", l->what, "site", l->site, "sha256", id, "object",
		    item->object, "detail", l->detail, "signer",
		    item->signer), e);
	if (cmd_quiet() && !l->bad)
		return 0;
	id[12] = '\0';
	return table_row(x->t, cells, e);
}

static int
bad_row(struct listing *x, const struct trail_item *item,
    const struct err *why, struct err *e)
{
	struct line l = { .when = item->named, .site = "?",
	    .what = "DAMAGED", .bad = true };

	x->bad++;
	(void)snprintf(l.detail, sizeof(l.detail), "%.200s: %.300s",
	    item->object, why->text);
	return row(x, item, &l, e);
}

static int
snapshot_row(struct listing *x, const struct trail_item *item, struct err *e)
{
	struct line l = { .what = "snapshot" };
	char size[NUM_TEXT_MAX], stored[NUM_TEXT_MAX];
	struct err why;
	size_t i, n;

	memset(&x->s, 0, sizeof(x->s));
	if (snapshot_parse(&x->s, item->statement, &why) == -1)
		return bad_row(x, item, &why, e);
	if (x->o->site != NULL && strcmp(x->o->site, x->s.site) != 0)
		return 0;
	l.when = x->s.finished;
	l.site = x->s.site;
	(void)snprintf(l.detail, sizeof(l.detail), "%s, %s new:",
	    num_format_size(snapshot_bytes(&x->s), size),
	    num_format_size(x->s.new_bytes, stored));
	for (i = 0; i < x->s.n_parts; i++) {
		n = strlen(l.detail);
		(void)snprintf(l.detail + n, sizeof(l.detail) - n, " %s",
		    x->s.parts[i].name);
	}
	if (snapshot_unread(&x->s) > 0) {
		n = strlen(l.detail);
		(void)snprintf(l.detail + n, sizeof(l.detail) - n,
		    ", %llu NOT READ",
		    (unsigned long long)snapshot_unread(&x->s));
	}
	return row(x, item, &l, e);
}

static int
receipt_row(struct listing *x, const struct trail_item *item, struct err *e)
{
	struct line l = { .what = "receipt" };
	struct receipt r = { .n_checks = 0 };
	char total[NUM_TEXT_MAX], part[64] = "";
	struct err why;
	int rc = 0;

	if (receipt_parse(&r, item->statement, &why) == -1)
		rc = bad_row(x, item, &why, e);
	else if (x->o->site == NULL || strcmp(x->o->site, r.site) == 0) {
		l.when = r.finished;
		l.site = r.site;
		if (strcmp(r.kind, "sampled") == 0)
			(void)snprintf(part, sizeof(part), " %.3g %%",
			    r.coverage * 100);
		(void)snprintf(l.detail, sizeof(l.detail), "%s in %s, %zu "
		    "checks%s%s%s", r.passed ? "passed" : "FAILED",
		    num_format_seconds(r.total, total), r.n_checks,
		    strcmp(r.kind, "full") == 0 ? "" : ", ",
		    strcmp(r.kind, "full") == 0 ? "" : r.kind, part);
		rc = row(x, item, &l, e);
	}
	receipt_drop(&r);
	return rc;
}

static int
verdict_row(struct listing *x, const struct trail_item *item, struct err *e)
{
	struct line l = { .what = "verdict" };
	char uri[SNAPSHOT_SITE_MAX + 32], result[16];
	const json_t *p = json_object_get(item->statement, "predicate");
	static const char head[] = "urn:muster:site:";
	struct err why;

	if (want_time(p, "timeVerified", &l.when, &why) == -1 ||
	    want_text(p, "resourceUri", uri, sizeof(uri), &why) == -1 ||
	    want_text(p, "verificationResult", result, sizeof(result),
	    &why) == -1)
		return bad_row(x, item, &why, e);
	l.site = strncmp(uri, head, strlen(head)) == 0 ? uri + strlen(head) :
	    uri;
	if (x->o->site != NULL && strcmp(x->o->site, l.site) != 0)
		return 0;
	(void)snprintf(l.detail, sizeof(l.detail), "%s",
	    strcmp(result, "PASSED") == 0 ? "GO" : "NO-GO");
	return row(x, item, &l, e);
}

static int
visit(void *cookie, const struct trail_item *item, struct err *e)
{
	static int (*const rows[])(struct listing *,
	    const struct trail_item *, struct err *) = {
		[TRAIL_SNAPSHOTS] = snapshot_row,
		[TRAIL_RECEIPTS] = receipt_row,
		[TRAIL_VERDICTS] = verdict_row,
	};
	struct listing *x = cookie;

	if (item->statement == NULL)
		return bad_row(x, item, item->why, e);
	return rows[x->kind](x, item, e);
}

int
listing_print(const struct depot *d, const struct listing_options *o,
    struct err *e)
{
	static const char *const heads[] = {
		"time", "kind", "site", "sha256", "what"
	};
	struct listing *x;
	int status = CMD_TROUBLE;

	if ((x = calloc(1, sizeof(*x))) == NULL) {
		(void)err_memory(e);
		return CMD_TROUBLE;
	}
	x->o = o;
	if ((x->t = table_new("lllll", heads, e)) == NULL)
		goto done;
	for (x->kind = TRAIL_SNAPSHOTS; x->kind <= (o->all ? TRAIL_VERDICTS :
	    TRAIL_SNAPSHOTS); x->kind++)
		if (trail_each(d, x->kind, visit, x, e) != 0)
			goto done;
	if (!cmd_json() && table_print(x->t, e) == -1)
		goto done;
	if (!cmd_json() && !cmd_quiet() && table_rows(x->t) == 0)
		(void)puts("nothing yet (muster-snapshot takes a snapshot)");
	status = x->bad > 0 ? CMD_NO : CMD_YES;
	if (x->bad > 0)
		(void)err_set(e, ERR_DAMAGED, "%llu statements cannot be "
		    "believed", (unsigned long long)x->bad);
done:
	table_free(x->t);
	free(x);
	return status;
}
