/*
 * The answers of snapshot, drill and gate: see say.h.
 *
 * For people a statement's name is cut to what tells it from others, which
 * every command that takes one understands; JSON has all of it.
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
#include "gate/explain.h"
#include "report/say.h"
#include "snapshot/sealed.h"

#define NOTES_SHOWN 20
#define CELL 640
#define NAME_SHOWN 12			/* digits of a statement's SHA-256 */

char *
say_shorten(char *text)
{
	char *p = text, *digits;
	size_t n;

	while ((p = strstr(p, "Z-")) != NULL) {
		digits = p += 2;
		if ((n = strspn(digits, "0123456789abcdef")) != 64)
			continue;
		p += NAME_SHOWN;
		memmove(p, digits + n, strlen(digits + n) + 1);
	}
	return text;
}

/* What was required of something, and what was seen of it. */
static int
judged_row(struct table *t, const char *word, const char *name,
    const char *required, const char *seen, struct err *e)
{
	char want[CELL], saw[CELL];
	const char *const cells[] = { "", word, name, want, saw };

	(void)snprintf(want, sizeof(want), "%s", required);
	(void)snprintf(saw, sizeof(saw), "%s", seen);
	(void)say_shorten(want);
	(void)say_shorten(saw);
	return table_row(t, cells, e);
}

static struct table *
judged_table(const char *what, struct err *e)
{
	const char *const heads[] = { "", "", what, "wanted", "seen" };

	return table_new("lllll", heads, e);
}

static void
show_note(void *cookie, const char *component, const char *kind,
    const char *object, const char *why)
{
	int *left = cookie;

	if ((*left)-- > 0 || cmd_verbose())
		printf("  note: %s: %s: %s (%s)\n", component, object, why,
		    kind);
}

static int
part_rows(const struct snapshot *s, struct table *t, struct err *e)
{
	char size[NUM_TEXT_MAX], seconds[NUM_TEXT_MAX], entries[NUM_TEXT_MAX];
	char hex[ID_TEXT_SIZE], fingerprint[CELL];
	const struct part *p;
	size_t i;

	for (i = 0; i < s->n_parts; i++) {
		p = &s->parts[i];
		(void)num_format_count(p->root.entries, "entry", entries);
		(void)snprintf(fingerprint, sizeof(fingerprint),
		    "fingerprint %.16s",
		    id_format(&p->root.fingerprint, hex));
		const char *const cells[] = {
			"", p->name, num_format_size(p->root.size, size),
			entries, num_format_seconds(p->seconds, seconds),
			fingerprint,
		};

		if (table_row(t, cells, e) == -1)
			return -1;
	}
	return 0;
}

static int
snapshot_text(const struct snapshot *s, const struct notes *notes,
    struct err *e)
{
	char stored[NUM_TEXT_MAX], all[NUM_TEXT_MAX], point[CLOCK_TEXT_MAX];
	char packs[NUM_TEXT_MAX], object[CELL];
	const struct part *db = snapshot_part(s, "db");
	struct table *t;
	int left = NOTES_SHOWN, rc = -1;

	bool dry = s->object[0] == '\0';

	(void)snprintf(object, sizeof(object), "%s", s->object);
	if (dry)
		printf("dry run: a snapshot of %s would hold\n", s->site);
	else
		printf("snapshot of %s: %s\n", s->site, say_shorten(object));
	if ((t = table_new("llrrrl", NULL, e)) == NULL)
		return -1;
	if (part_rows(s, t, e) == 0)
		rc = table_print(t, e);
	table_free(t);
	if (!dry)
		printf("  stored %s new of %s, %s in all; recovery point %s\n",
		    num_format_size(s->new_bytes, stored),
		    num_format_size(snapshot_bytes(s), all),
		    num_format_count(s->packs, "pack", packs),
		    clock_format(s->point, point));
	if (db != NULL && db->db.binlog_file[0] != '\0')
		printf("  binary log %s:%llu%s%s\n", db->db.binlog_file,
		    (unsigned long long)db->db.binlog_pos,
		    db->db.gtid[0] != '\0' ? ", gtid " : "", db->db.gtid);
	if (db != NULL && db->db.replica)
		printf("  of a replica, %llu s behind\n",
		    (unsigned long long)db->db.lag);
	if (db != NULL && db->db.cluster[0] != '\0')
		printf("  of a Galera node, up to %s\n", db->db.cluster);
	notes_each(notes, show_note, &left);
	if (left < 0 && !cmd_verbose())
		printf("  note: %d more (--verbose shows all)\n", -left);
	return rc;
}

int
say_snapshot(const struct snapshot *s, const struct notes *notes,
    struct err *e)
{
	json_t *o;
	bool dry;

	progress_end();
	if (!cmd_json())
		return cmd_quiet() && snapshot_unread(s) == 0 ? 0 :
		    snapshot_text(s, notes, e);
	if ((o = snapshot_predicate(s, e)) == NULL)
		return -1;
	dry = s->object[0] == '\0';
	if ((!dry && json_object_set_new(o, "object",
	    json_string(s->object)) == -1) ||
	    json_object_set_new(o, "dry_run", json_boolean(dry)) == -1 ||
	    json_object_set(o, "notes", notes_list(notes)) == -1 ||
	    json_object_set_new(o, "unread",
	    json_integer((json_int_t)snapshot_unread(s))) == -1) {
		json_decref(o);
		return err_memory(e);
	}
	return cmd_answer("snapshot", o, e);
}

/* The workers' opening is of chunks; the phase of that name, of the store. */
static const char *
work_word(const char *name)
{
	return strcmp(name, "open") == 0 ? "open chunks" : name;
}

static int
phase_rows(struct table *t, const struct phase *p, size_t n,
    const char *note, struct err *e)
{
	char seconds[NUM_TEXT_MAX], bytes[NUM_TEXT_MAX];
	size_t i;

	for (i = 0; i < n; i++) {
		const char *const cells[] = {
			"", note[0] != '\0' ? work_word(p[i].name) :
			    p[i].name,
			num_format_seconds(p[i].seconds, seconds),
			p[i].bytes > 0 ? num_format_size(p[i].bytes, bytes) :
			    "", note,
		};

		if (table_row(t, cells, e) == -1)
			return -1;
	}
	return 0;
}

static int
phase_table(const struct receipt *r, struct err *e)
{
	struct table *t;
	int rc = -1;

	if ((t = table_new("llrrl", NULL, e)) == NULL)
		return -1;
	if (phase_rows(t, r->phases, r->n_phases, "", e) == -1 ||
	    phase_rows(t, r->work, r->n_work, "busy, beside these", e) == -1 ||
	    phase_rows(t, r->after, r->n_after, "after the recovery",
	    e) == -1)
		goto done;
	rc = table_print(t, e);
done:
	table_free(t);
	return rc;
}

static int
check_table(const struct receipt *r, bool failed_only, struct err *e)
{
	struct table *t;
	size_t i;
	int rc = -1;

	if ((t = judged_table("check", e)) == NULL)
		return -1;
	for (i = 0; i < r->n_checks; i++) {
		const struct check *c = &r->checks[i];

		if (failed_only && c->passed)
			continue;
		if (judged_row(t, c->passed ? "pass" : "FAIL", c->name,
		    c->required, c->seen, e) == -1)
			goto done;
	}
	rc = table_print(t, e);
done:
	table_free(t);
	return rc;
}

static int
receipt_text(const struct receipt *r, struct err *e)
{
	char total[NUM_TEXT_MAX], rto[NUM_TEXT_MAX], object[CELL];
	char sample[RECEIPT_TEXT_MAX];
	bool sampled = strcmp(r->kind, "sampled") == 0;

	printf("%sdrill of %s from %s: %s in %s", sampled ? "sampled " : "",
	    r->site, r->from, r->passed ? "passed" : "FAILED",
	    num_format_seconds(r->total, total));
	if (r->rto > 0)
		printf(" (RTO %s)", num_format_seconds((double)r->rto, rto));
	printf(", bottleneck: %s\n", r->bottleneck);
	if (sampled)
		printf("  %.3g %% of the bytes by seed %llu: %s\n",
		    r->coverage * 100, (unsigned long long)r->sample.seed,
		    receipt_sample_text(&r->sample, sample));
	if (!cmd_quiet() && phase_table(r, e) == -1)
		return -1;
	if (check_table(r, cmd_quiet(), e) == -1)
		return -1;
	(void)snprintf(object, sizeof(object), "%s", r->object);
	printf("  receipt %s\n", say_shorten(object));
	return 0;
}

int
say_receipt(const struct receipt *r, struct err *e)
{
	json_t *o;

	progress_end();
	if (!cmd_json())
		return cmd_quiet() && r->passed ? 0 : receipt_text(r, e);
	if ((o = receipt_predicate(r, e)) == NULL)
		return -1;
	if (json_object_set_new(o, "object", json_string(r->object)) == -1) {
		json_decref(o);
		return err_memory(e);
	}
	return cmd_answer("drill", o, e);
}

static const char *
judged_word(enum rule_result r)
{
	return r == RULE_PASS ? "pass" : r == RULE_FAIL ? "FAIL" : "UNKNOWN";
}

static int
rule_table(const struct verdict *v, struct err *e)
{
	const struct rule *r;
	struct table *t;
	size_t i;
	int rc = -1;

	if ((t = judged_table("rule", e)) == NULL)
		return -1;
	for (i = 0; i < v->n_rules; i++) {
		r = &v->rules[i];
		if (cmd_quiet() && r->result == RULE_PASS)
			continue;
		if (judged_row(t, judged_word(r->result), r->name,
		    r->required, r->seen, e) == -1)
			goto done;
	}
	rc = table_print(t, e);
done:
	table_free(t);
	return rc;
}

/* The reasons once more, where people look. */
static void
say_reasons(const struct verdict *v)
{
	const struct rule *r;
	char seen[CELL];
	size_t i;

	for (i = 0; i < v->n_rules; i++) {
		r = &v->rules[i];
		if (r->result == RULE_PASS)
			continue;
		(void)snprintf(seen, sizeof(seen), "%s", r->seen);
		printf("  %s: %s (wanted: %s)\n", r->name, say_shorten(seen),
		    r->required);
	}
}

static const char *
fix_of(const struct rule *r)
{
	const char *fix = gate_explain(r->name);

	return fix != NULL ? fix : "";
}

static void
say_fixes(const struct verdict *v)
{
	size_t i;

	for (i = 0; i < v->n_rules; i++)
		if (v->rules[i].result != RULE_PASS)
			printf("fix %s: %s\n", v->rules[i].name,
			    fix_of(&v->rules[i]));
}

static int
verdict_text(const struct verdict *v, bool explain, struct err *e)
{
	static const char *const heads[] = {
		[RULE_PASS] = "GO", [RULE_FAIL] = "NO-GO",
		[RULE_UNKNOWN] = "NO-GO (could not tell)",
	};
	char when[CLOCK_TEXT_MAX], until[CLOCK_TEXT_MAX], object[CELL];

	if (rule_table(v, e) == -1)
		return -1;
	if (explain)
		say_fixes(v);
	(void)snprintf(object, sizeof(object), "%s", v->object);
	(void)clock_format(v->expires, until);
	printf("%s: %s%s%s at %s%s%s\n", heads[v->result], v->site,
	    v->subject != NULL ? ", deploy " : "",
	    v->subject != NULL ? v->subject : "",
	    clock_format(v->utc, when),
	    v->result == RULE_PASS ? ", good until " : "",
	    v->result == RULE_PASS ? until : "");
	if (!cmd_quiet())
		say_reasons(v);
	if (v->override_reason != NULL)
		printf("OVERRIDDEN by %s until %s: %s\n", v->override_by,
		    until, v->override_reason);
	if (object[0] == '\0')
		printf("  dry run: no verdict was signed\n");
	else
		printf("  verdict %s\n", say_shorten(object));
	return 0;
}

static json_t *
rule_json(const struct rule *r, bool explain)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s*}", "name", r->name,
	    "required", r->required, "seen", r->seen, "evidence",
	    r->evidence, "result", rule_word(r->result), "fix",
	    explain && r->result != RULE_PASS ? fix_of(r) : NULL);
}

static int
verdict_json(const struct verdict *v, bool explain, struct err *e)
{
	json_t *rules = json_array(), *o;
	size_t i;

	for (i = 0; rules != NULL && i < v->n_rules; i++)
		if (json_array_append_new(rules, rule_json(&v->rules[i],
		    explain)) == -1) {
			json_decref(rules);
			return err_memory(e);
		}
	o = json_pack("{s:s, s:s, s:b, s:s*, s:s?, s:o, s:o, s:o, s:s*, s:s*}",
	    "site", v->site,
	    "verdict", v->result == RULE_PASS ? "GO" : "NO-GO",
	    "dry_run", v->object[0] == '\0', "object",
	    v->object[0] != '\0' ? v->object : NULL, "subject", v->subject,
	    "time", want_make_time(v->utc), "expires",
	    want_make_time(v->expires), "rules", rules, "overridden_by",
	    v->override_by, "override_reason", v->override_reason);
	return cmd_answer("verdict", o, e);
}

int
say_verdict(const struct verdict *v, bool explain, struct err *e)
{
	progress_end();
	if (cmd_json())
		return verdict_json(v, explain, e);
	return cmd_quiet() && v->result == RULE_PASS ? 0 :
	    verdict_text(v, explain, e);
}
