/*
 * The answers of snapshot, drill and gate: see say.h.
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
#include "report/say.h"
#include "snapshot/sealed.h"

#define NOTES_SHOWN 20
#define CELL 640

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
		(void)snprintf(entries, sizeof(entries), "%llu entries",
		    (unsigned long long)p->root.entries);
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
	const struct part *db = snapshot_part(s, "db");
	struct table *t;
	int left = NOTES_SHOWN, rc = -1;

	printf("snapshot of %s: %s\n", s->site, s->object);
	if ((t = table_new("llrrrl", NULL, e)) == NULL)
		return -1;
	if (part_rows(s, t, e) == 0)
		rc = table_print(t, e);
	table_free(t);
	printf("  stored %s new of %s, %llu packs; recovery point %s\n",
	    num_format_size(s->new_bytes, stored),
	    num_format_size(snapshot_bytes(s), all),
	    (unsigned long long)s->packs, clock_format(s->point, point));
	if (db != NULL && db->db.binlog_file[0] != '\0')
		printf("  binary log %s:%llu%s%s\n", db->db.binlog_file,
		    (unsigned long long)db->db.binlog_pos,
		    db->db.gtid[0] != '\0' ? ", gtid " : "", db->db.gtid);
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

	progress_end();
	if (!cmd_json())
		return cmd_quiet() ? 0 : snapshot_text(s, notes, e);
	if ((o = snapshot_predicate(s, e)) == NULL)
		return -1;
	if (json_object_set_new(o, "object", json_string(s->object)) == -1 ||
	    json_object_set_new(o, "unread",
	    json_integer((json_int_t)snapshot_unread(s))) == -1) {
		json_decref(o);
		return err_memory(e);
	}
	return cmd_answer("snapshot", o, e);
}

static int
phase_table(const struct receipt *r, struct err *e)
{
	char seconds[NUM_TEXT_MAX], bytes[NUM_TEXT_MAX];
	struct table *t;
	size_t i;
	int rc = -1;

	if ((t = table_new("llrr", NULL, e)) == NULL)
		return -1;
	for (i = 0; i < r->n_phases; i++) {
		const char *const cells[] = {
			"", r->phases[i].name,
			num_format_seconds(r->phases[i].seconds, seconds),
			r->phases[i].bytes > 0 ?
			    num_format_size(r->phases[i].bytes, bytes) : "",
		};

		if (table_row(t, cells, e) == -1)
			goto done;
	}
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

	if ((t = table_new("lllll", NULL, e)) == NULL)
		return -1;
	for (i = 0; i < r->n_checks; i++) {
		const struct check *c = &r->checks[i];
		char want[CELL], seen[CELL];
		const char *const cells[] = {
			"", c->passed ? "pass" : "FAIL", c->name, want, seen,
		};

		if (failed_only && c->passed)
			continue;
		(void)snprintf(want, sizeof(want), "want: %s", c->required);
		(void)snprintf(seen, sizeof(seen), "seen: %s", c->seen);
		if (table_row(t, cells, e) == -1)
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
	char total[NUM_TEXT_MAX], rto[NUM_TEXT_MAX];

	printf("drill of %s from %s: %s in %s", r->site, r->from,
	    r->passed ? "passed" : "FAILED",
	    num_format_seconds(r->total, total));
	if (r->rto > 0)
		printf(" (RTO %s)", num_format_seconds((double)r->rto, rto));
	printf(", bottleneck: %s\n", r->bottleneck);
	if (!cmd_quiet() && phase_table(r, e) == -1)
		return -1;
	if (check_table(r, cmd_quiet(), e) == -1)
		return -1;
	printf("  receipt %s\n", r->object);
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

static int
verdict_text(const struct verdict *v, struct err *e)
{
	static const char *const heads[] = {
		[RULE_PASS] = "GO", [RULE_FAIL] = "NO-GO",
		[RULE_UNKNOWN] = "NO-GO (could not tell)",
	};
	char when[CLOCK_TEXT_MAX];
	struct table *t;
	size_t i;
	int rc = -1;

	if ((t = table_new("lllll", NULL, e)) == NULL)
		return -1;
	for (i = 0; i < v->n_rules; i++) {
		const struct rule *r = &v->rules[i];
		char want[CELL], seen[CELL];
		const char *const cells[] = {
			"", r->result == RULE_PASS ? "pass" :
			    r->result == RULE_FAIL ? "FAIL" : "UNKNOWN",
			r->name, want, seen,
		};

		if (cmd_quiet() && r->result == RULE_PASS)
			continue;
		(void)snprintf(want, sizeof(want), "want: %s", r->required);
		(void)snprintf(seen, sizeof(seen), "seen: %s", r->seen);
		if (table_row(t, cells, e) == -1)
			goto done;
	}
	rc = table_print(t, e);
	printf("%s: %s%s%s at %s\n  verdict %s\n", heads[v->result], v->site,
	    v->subject != NULL ? ", deploy " : "",
	    v->subject != NULL ? v->subject : "",
	    clock_format(v->utc, when), v->object);
done:
	table_free(t);
	return rc;
}

static int
verdict_json(const struct verdict *v, struct err *e)
{
	json_t *rules = json_array(), *o;
	size_t i;

	for (i = 0; rules != NULL && i < v->n_rules; i++)
		if (json_array_append_new(rules, json_pack(
		    "{s:s, s:s, s:s, s:s, s:s}", "name", v->rules[i].name,
		    "required", v->rules[i].required, "seen",
		    v->rules[i].seen, "evidence", v->rules[i].evidence,
		    "result", rule_word(v->rules[i].result))) == -1) {
			json_decref(rules);
			return err_memory(e);
		}
	o = json_pack("{s:s, s:s, s:s, s:s?, s:o, s:o}", "site", v->site,
	    "verdict", v->result == RULE_PASS ? "GO" : "NO-GO",
	    "object", v->object, "subject", v->subject,
	    "time", want_make_time(v->utc), "rules", rules);
	return cmd_answer("verdict", o, e);
}

int
say_verdict(const struct verdict *v, struct err *e)
{
	progress_end();
	if (cmd_json())
		return verdict_json(v, e);
	return cmd_quiet() && v->result == RULE_PASS ? 0 : verdict_text(v, e);
}
