/*
 * The answers of verify and restore: see say.h.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/num.h"
#include "base/want.h"
#include "cli/cmd.h"
#include "cli/progress.h"
#include "cli/table.h"
#include "policy/policy.h"
#include "report/say.h"
#include "snapshot/trail.h"

/* Of the name of a snapshot's object: what tells it from others. */
#define SHOWN ((int)strlen("snapshots/20260131T235959Z-0123456789ab"))

static void
tell(const struct trail_newest *n)
{
	struct err e;

	err_clear(&e);
	if (n->damaged > 0) {
		(void)err_set(&e, ERR_DAMAGED, "%llu snapshot%s cannot be "
		    "believed and %s passed over (muster-verify says why); "
		    "one may be newer", (unsigned long long)n->damaged,
		    n->damaged == 1 ? "" : "s", n->damaged == 1 ? "was" :
		    "were");
		cmd_warn(&e);
	}
	if (n->partial > 0) {
		(void)err_set(&e, ERR_ABSENT, "%llu newer snapshot%s without "
		    "%s %s passed over (--snapshot latest takes the newest)",
		    (unsigned long long)n->partial, n->partial == 1 ? "" :
		    "s", n->part != NULL ? n->part : "all components of the "
		    "policy", n->partial == 1 ? "was" : "were");
		cmd_warn(&e);
	}
	if (n->wider[0] != '\0') {
		(void)err_set(&e, ERR_ABSENT, "the newest snapshot lacks "
		    "components that an older one has (--snapshot %.*s)",
		    SHOWN, n->wider);
		cmd_warn(&e);
	}
}

int
say_find(const struct access *a, const char *which, const char *part,
    struct snapshot *s, struct err *e)
{
	struct trail_newest n = { .part = part, .policy = a->policy,
	    .site = a->policy != NULL ? a->policy->site : NULL };

	if (which == NULL) {
		if (trail_find_newest(&a->depot, &n, s, e) == -1)
			return -1;
	} else if (trail_find_snapshot(&a->depot, n.site, which, s,
	    &n.damaged, e) == -1)
		return -1;
	else if (strcmp(which, "latest") != 0)
		n.damaged = 0;
	tell(&n);
	return 0;
}

int
say_verify(const struct verify_report *r, bool authentic, bool content,
    struct err *e)
{
	char packs[NUM_TEXT_MAX], bytes[NUM_TEXT_MAX], count[NUM_TEXT_MAX];
	char snapshots[NUM_TEXT_MAX];

	if (cmd_json())
		return cmd_answer("verify", json_pack("{s:I, s:I, s:I, s:I, "
		    "s:I, s:I, s:b}", "problems", (json_int_t)r->problems,
		    "packs", (json_int_t)r->packs, "bytes",
		    (json_int_t)r->bytes, "chunks", (json_int_t)r->chunks,
		    "statements", (json_int_t)r->statements, "snapshots",
		    (json_int_t)r->snapshots, "authentic", authentic), e);
	if (cmd_quiet() && r->problems == 0)
		return 0;
	printf("%s: %s, %s; %s, %s", r->problems == 0 ? "good" : "NOT GOOD",
	    num_format_count(r->packs, "pack", packs),
	    num_format_size(r->bytes, bytes),
	    num_format_count(r->statements, "statement", count),
	    num_format_count(r->snapshots, "snapshot", snapshots));
	if (content)
		printf("; %s opened", num_format_count(r->chunks, "chunk",
		    count));
	if (r->problems > 0)
		printf("; %s", num_format_count(r->problems, "problem",
		    count));
	printf("\n");
	if (!authentic)
		printf("note: no key at hand: who founded this store was not "
		    "checked\n");
	return 0;
}

/* One component of a restore that was only thought out. */
static int
plan_row(const struct part *p, const char *to, struct table *t, json_t *list,
    struct err *e)
{
	char size[NUM_TEXT_MAX], entries[NUM_TEXT_MAX];
	const char *const cells[] = {
		"", p->name, num_format_size(p->root.size, size), entries, to,
	};

	(void)num_format_count(p->root.entries, "entry", entries);
	if (table_row(t, cells, e) == -1)
		return -1;
	return json_array_append_new(list, json_pack("{s:s, s:I, s:I, s:s}",
	    "name", p->name, "bytes", (json_int_t)p->root.size, "entries",
	    (json_int_t)p->root.entries, "to", to)) == -1 ?
	    err_memory(e) : 0;
}

int
say_restore_plan(const struct snapshot *s, const struct restore_options *o,
    const char *server, struct err *e)
{
	char to[RESTORE_PATH_SIZE];
	json_t *list = json_array();
	struct table *t;
	size_t i;
	int rc = -1;

	progress_end();
	if ((t = table_new("llrrl", NULL, e)) == NULL)
		goto done;
	for (i = 0; i < s->n_parts; i++) {
		if (o->part != NULL && strcmp(o->part, s->parts[i].name) != 0)
			continue;
		if (restore_place(o, &s->parts[i], to, e) == -1 ||
		    plan_row(&s->parts[i], to[0] != '\0' ? to : server, t,
		    list, e) == -1)
			goto done;
	}
	if (cmd_json()) {
		rc = cmd_answer("restore", json_pack("{s:s, s:b, s:O}",
		    "snapshot", s->object, "dry_run", true, "components",
		    list), e);
		goto done;
	}
	if (!cmd_quiet())
		printf("would restore %.*s\n", SHOWN, s->object);
	rc = cmd_quiet() ? 0 : table_print(t, e);
done:
	json_decref(list);
	table_free(t);
	return rc;
}

int
say_restore(const struct snapshot *s, const struct restore_stats *r,
    uint64_t notes, struct err *e)
{
	char files[NUM_TEXT_MAX], folders[NUM_TEXT_MAX], tables[NUM_TEXT_MAX];
	char rows[NUM_TEXT_MAX], bytes[NUM_TEXT_MAX];

	progress_end();
	if (cmd_json())
		return cmd_answer("restore", json_pack("{s:s, s:b, s:I, s:I, "
		    "s:I, s:I, s:I, s:I, s:I}", "snapshot", s->object,
		    "dry_run", false, "files", (json_int_t)r->files, "kept",
		    (json_int_t)r->kept, "folders",
		    (json_int_t)r->folders, "tables", (json_int_t)r->tables,
		    "rows", (json_int_t)r->rows, "bytes",
		    (json_int_t)r->bytes, "notes", (json_int_t)notes), e);
	if (!cmd_quiet())
		printf("restored %.*s: %s, %s, %s, %s, %s\n",
		    SHOWN, s->object,
		    num_format_count(r->files, "file", files),
		    num_format_count(r->folders, "folder", folders),
		    num_format_count(r->tables, "table", tables),
		    num_format_count(r->rows, "row", rows),
		    num_format_size(r->bytes, bytes));
	if (!cmd_quiet() && r->kept > 0)
		printf("%s there already, with the same bytes\n",
		    num_format_count(r->kept, "file", files));
	if (!cmd_quiet() && notes > 0)
		printf("%s could not be set as before\n",
		    num_format_count(notes, "thing", files));
	return 0;
}

int
say_verdict_read(const struct verdict_read *v, struct err *e)
{
	char when[CLOCK_TEXT_MAX], until[CLOCK_TEXT_MAX];

	if (cmd_json())
		return cmd_answer("verified", json_pack("{s:b, s:s*, s:s, s:s,"
		    " s:s, s:s, s:o, s:o, s:s*}", "go", v->go, "why", v->go ?
		    NULL : v->why, "site", v->site, "subject", v->subject,
		    "signer", v->signer, "policy", v->policy, "time",
		    want_make_time(v->utc), "expires",
		    want_make_time(v->expires), "override_reason",
		    v->override[0] != '\0' ? v->override : NULL), e);
	if (cmd_quiet() && v->go)
		return 0;
	printf("%s%s%s: %s, deploy %s, signed by %s at %s, until %s\n",
	    v->go ? "GO" : "NO-GO: ", v->go ? "" : v->why,
	    v->override[0] != '\0' && v->go ? " by OVERRIDE" : "", v->site,
	    v->subject, v->signer, clock_format(v->utc, when),
	    clock_format(v->expires, until));
	if (v->override[0] != '\0')
		printf("  override: %s\n", v->override);
	return 0;
}
