/*
 * The report as one HTML page: no script, nothing fetched from anywhere
 * (its own Content-Security-Policy forbids it), light and dark, readable on a
 * phone, printable.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/num.h"
#include "policy/policy.h"
#include "report/overview.h"
#include "report/page.h"
#include "report/page_charts.h"
#include "report/say.h"

#define NANO INT64_C(1000000000)

static const char style[] =
    ":root{--bg:#fff;--fg:#1c2430;--soft:#5b6675;--card:#f5f7fa;"
    "--edge:#d9dfe7;--good:#12805c;--bad:#c62f3b;--c0:#2f6fdf;--c1:#e08a1e;"
    "--c2:#12a08a;--c3:#9355c9;--c4:#d4537e;--c5:#7a8794;--c6:#b3a125}\n"
    "@media screen and (prefers-color-scheme:dark){"
    ":root{--bg:#12161c;--fg:#e6eaf0;"
    "--soft:#9aa6b5;--card:#1b212a;--edge:#323b48;--good:#3ecf9b;"
    "--bad:#ff6b74;--c0:#6ea2ff;--c1:#f0a94b;--c2:#3fd0b8;--c3:#bd8bf0;"
    "--c4:#f083aa;--c5:#98a4b1;--c6:#d8c850}}\n"
    "*{box-sizing:border-box}body{margin:0 auto;max-width:1120px;"
    "padding:20px;background:var(--bg);color:var(--fg);"
    "font:16px/1.45 system-ui,sans-serif}h1{font-size:1.5rem;margin:0}"
    "h2{font-size:1.1rem;margin:1.8rem 0 .6rem}p{margin:.3rem 0}"
    ".soft{color:var(--soft)}.good{color:var(--good)}.bad{color:var(--bad)}"
    ".cards{display:grid;gap:12px;margin:16px 0;"
    "grid-template-columns:repeat(auto-fit,minmax(200px,1fr))}"
    ".card{background:var(--card);border:1px solid var(--edge);"
    "border-radius:10px;padding:12px 14px}.card b{display:block;"
    "font-size:1.35rem;line-height:1.3}.card span{color:var(--soft);"
    "font-size:.9rem}.charts{display:grid;gap:16px;"
    "grid-template-columns:repeat(auto-fit,minmax(min(100%,420px),1fr))}\n"
    "figure{margin:0;background:var(--card);border:1px solid var(--edge);"
    "border-radius:10px;padding:10px 12px;break-inside:avoid}"
    "figure:last-child:nth-child(odd){grid-column:1/-1}"
    "figure:last-child svg{max-height:300px}svg .note{fill:var(--fg)}"
    "figcaption{font-weight:600;margin-bottom:4px}svg{display:block;"
    "width:100%;height:auto}svg text{font:13px system-ui,sans-serif;"
    "fill:var(--soft)}.grid{stroke:var(--edge)}.limit{stroke:var(--bad);"
    "stroke-width:1.5;stroke-dasharray:6 4}svg .limit-label{fill:var(--bad)}"
    ".line{fill:none;stroke-width:2;stroke:var(--c0)}.dot{fill:var(--c0)}"
    ".dot.failed{fill:var(--bad)}.line.c2{stroke:var(--c2)}"
    ".line.dash{stroke-dasharray:4 3}\n"
    "rect.c0{fill:var(--c0)}rect.c1{fill:var(--c1)}rect.c2{fill:var(--c2)}"
    "rect.c3{fill:var(--c3)}rect.c4{fill:var(--c4)}rect.c5{fill:var(--c5)}"
    "rect.c6{fill:var(--c6)}.legend{font-size:.85rem;color:var(--soft)}"
    ".legend span{margin-right:.8em;white-space:nowrap}.legend i{"
    "display:inline-block;width:.8em;height:.8em;border-radius:2px;"
    "margin-right:.3em}i.c0{background:var(--c0)}i.c1{background:var(--c1)}"
    "i.c2{background:var(--c2)}i.c3{background:var(--c3)}"
    "i.c4{background:var(--c4)}i.c5{background:var(--c5)}"
    "i.c6{background:var(--c6)}i.failed{background:var(--bad)}\n"
    "table{width:100%;border-collapse:collapse;font-size:.92rem}"
    "th,td{text-align:left;padding:6px 10px 6px 0;vertical-align:top;"
    "border-bottom:1px solid var(--edge);overflow-wrap:anywhere}"
    "th{color:var(--soft);font-weight:500;white-space:nowrap}"
    "td:nth-child(2){font-weight:600;min-width:9.5em}"
    "td:first-child{white-space:nowrap}"
    "@media(max-width:600px){svg text{font-size:17px}"
    "body{padding:12px}thead{display:none}"
    "tr{display:block;padding:6px 0;border-bottom:1px solid var(--edge)}"
    "td,td:first-child{display:block;border:0;padding:1px 0;"
    "white-space:normal}}\n"
    "@media print{:root,body{font-size:12px}body{max-width:none;padding:0}"
    ".cards,.charts{gap:8px}.charts{grid-template-columns:1fr 1fr}"
    ".cards{grid-template-columns:repeat(5,1fr)}.card b{font-size:1.1rem}"
    "tr,.card{break-inside:avoid}i,.card,figure{"
    "print-color-adjust:exact;-webkit-print-color-adjust:exact}}";

static const char *
member(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s != NULL ? s : "";
}

static void
card(struct page *p, const char *what, const char *class, const char *value,
    const char *more)
{
	page_raw(p, "<div class=\"card\"><span>");
	page_text(p, what);
	page_f(p, "</span><b class=\"%s\">", class);
	page_text(p, value);
	page_raw(p, "</b><span>");
	page_text(p, more);
	page_raw(p, "</span></div>\n");
}

static void
verdict_card(const struct overview *o, struct page *p)
{
	const json_t *rules = json_object_get(o->verdict, "musterRules"), *r;
	const struct past_verdict *v = overview_verdict(o);
	char at[CLOCK_TEXT_MAX], more[CLOCK_TEXT_MAX + 64];
	size_t i, bad = 0;

	json_array_foreach(rules, i, r)
		bad += strcmp(member(r, "result"), "pass") != 0;
	if (v == NULL)
		card(p, "Verdict", "bad", "none", "the gate was never asked");
	else {
		(void)snprintf(more, sizeof(more), "%zu of %zu rules did not "
		    "pass, %s", bad, json_array_size(rules),
		    clock_format(v->utc, at));
		card(p, "Verdict", v->go && !v->overridden ? "good" : "bad",
		    v->overridden ? "NO-GO, overridden" : v->go ? "GO" :
		    "NO-GO", more);
	}
}

static void
rto_card(const struct overview *o, struct page *p)
{
	const struct past_drill *d = history_newest_whole(&o->h);
	char took[NUM_TEXT_MAX], aim[NUM_TEXT_MAX], more[160];
	double seconds;

	if (d == NULL) {
		card(p, "Recovery time", "bad", "not known",
		    "no full drill was carried out");
		return;
	}
	seconds = d->total + (double)d->declared;
	(void)snprintf(more, sizeof(more), "objective %s; slowest: %s",
	    num_format_seconds((double)o->policy->rto, aim), d->bottleneck);
	card(p, "Recovery time", d->passed && seconds <= overview_limit(o) ?
	    "good" : "bad", num_format_seconds(seconds, took), more);
}

static void
rpo_card(const struct overview *o, struct page *p)
{
	char lost[NUM_TEXT_MAX], aim[NUM_TEXT_MAX], worst[NUM_TEXT_MAX];
	char more[160];
	double now = overview_lost(o);

	if (now < 0) {
		card(p, "Could be lost now", "bad", "everything",
		    o->h.n_snapshots == 0 ? "there is no snapshot" :
		    "no snapshot has every component");
		return;
	}
	(void)snprintf(more, sizeof(more), "objective %s; worst so far %s",
	    num_format_seconds((double)o->policy->rpo, aim),
	    num_format_seconds(overview_worst(o), worst));
	card(p, "Could be lost now", now <= (double)o->policy->rpo ? "good" :
	    "bad", num_format_seconds(now, lost), more);
}

static void
forecast_card(const struct overview *o, struct page *p)
{
	char text[64];
	int days;

	if (!o->has_forecast) {
		card(p, "Forecast", "", "not yet", "it needs a drill");
		return;
	}
	days = forecast_days_left(&o->f, overview_limit(o));
	if (days < 0)
		(void)snprintf(text, sizeof(text), "RTO holds");
	else
		(void)snprintf(text, sizeof(text), "missed in %d days", days);
	card(p, "Forecast", days < 0 ? "good" : "bad", text,
	    o->f.sized || o->f.timed ? "by the trend of size and speed" :
	    "no trend yet");
}

static void
coverage_card(const struct overview *o, struct page *p)
{
	const struct past_drill *d = overview_drill(o);
	char text[64], more[128], at[CLOCK_TEXT_MAX];

	if (d == NULL)
		return;
	(void)snprintf(text, sizeof(text), "%.3g %%", d->coverage * 100);
	(void)snprintf(more, sizeof(more), "%s drill, %s, %s", d->kind,
	    d->passed ? "passed" : "FAILED", clock_format(d->finished, at));
	card(p, "Restored and proven", d->passed && d->coverage >= 1 ?
	    "good" : "bad", text, more);
}

static void
cells(struct page *p, const char *class, const char *const *v, size_t n)
{
	size_t i;

	page_raw(p, "<tr>");
	for (i = 0; i < n; i++) {
		page_f(p, "<td%s%s%s>", i == 0 && class[0] != '\0' ?
		    " class=\"" : "", i == 0 ? class : "",
		    i == 0 && class[0] != '\0' ? "\"" : "");
		page_text(p, v[i]);
		page_raw(p, "</td>");
	}
	page_raw(p, "</tr>\n");
}

static void
rule_cells(struct page *p, const json_t *r, bool pass)
{
	char required[RECEIPT_TEXT_MAX], seen[RECEIPT_TEXT_MAX];
	const char *const v[] = { member(r, "result"), member(r, "name"),
	    required, seen };

	(void)snprintf(required, sizeof(required), "%s",
	    member(r, "required"));
	(void)snprintf(seen, sizeof(seen), "%s", member(r, "seen"));
	(void)say_shorten(required);
	(void)say_shorten(seen);

	cells(p, pass ? "good" : "bad", v, 4);
}

static void
verdict_table(const struct overview *o, struct page *p)
{
	const json_t *rules = json_object_get(o->verdict, "musterRules"), *r;
	const json_t *over = json_object_get(o->verdict, "musterOverride");
	int pass;
	size_t i;

	if (o->verdict == NULL)
		return;
	page_raw(p, "<h2>Last verdict, rule by rule</h2>\n");
	if (over != NULL) {
		page_raw(p, "<p class=\"bad\">Overridden by ");
		page_text(p, member(over, "by"));
		page_raw(p, ": ");
		page_text(p, member(over, "reason"));
		page_raw(p, "</p>\n");
	}
	page_raw(p, "<table><thead><tr><th>Result</th><th>Rule</th>"
	    "<th>Required</th><th>Seen</th></tr></thead><tbody>\n");
	for (pass = 0; pass <= 1; pass++)	/* what is wrong first */
		json_array_foreach(rules, i, r)
			if ((strcmp(member(r, "result"), "pass") == 0) ==
			    (pass == 1))
				rule_cells(p, r, pass == 1);
	page_raw(p, "</tbody></table>\n");
}

static void
store_table(const struct overview *o, struct page *p)
{
	const struct policy *q = o->policy;
	uint32_t i;

	page_raw(p, "<h2>Stores</h2>\n<table><thead><tr><th>Name</th>"
	    "<th>Where</th><th>For</th></tr></thead><tbody>\n");
	for (i = 0; i < q->n_stores; i++) {
		bool drilled = strcmp(q->stores[i].name, q->drill_from) == 0;
		const char *const v[] = { q->stores[i].name,
		    q->stores[i].url, i == 0 && drilled ?
		    "snapshots; drills restore from it" : i == 0 ?
		    "snapshots" : drilled ? "a copy; drills restore from it" :
		    "a copy" };

		cells(p, "", v, 3);
	}
	page_raw(p, "</tbody></table>\n");
}

void
overview_page(const struct overview *o, struct page *p)
{
	char at[CLOCK_TEXT_MAX];

	page_raw(p, "<!DOCTYPE html>\n<html lang=\"en\"><head>"
	    "<meta charset=\"utf-8\"><meta http-equiv=\""
	    "Content-Security-Policy\" content=\"default-src 'none'; "
	    "style-src 'unsafe-inline'; img-src data:\">"
	    "<meta name=\"viewport\" content=\"width=device-width, "
	    "initial-scale=1\"><meta name=\"color-scheme\" content=\"light "
	    "dark\"><link rel=\"icon\" href=\"data:,\"><title>");
	page_text(p, o->policy->site);
	page_raw(p, ": backups</title>\n<style>");
	page_raw(p, style);
	page_raw(p, "</style></head><body>\n<h1>");
	page_text(p, o->policy->site);
	page_f(p, "</h1>\n<p class=\"soft\">Backups as muster saw them at %s "
	    "in ", clock_format(o->now, at));
	page_text(p, o->url);
	page_raw(p, "</p>\n<div class=\"cards\">\n");
	verdict_card(o, p);
	rto_card(o, p);
	rpo_card(o, p);
	forecast_card(o, p);
	coverage_card(o, p);
	page_raw(p, "</div>\n");
	if (o->chain_problems > 0)
		page_f(p, "<p class=\"bad\">%llu statements of the trail were "
		    "taken away, dated back or damaged.</p>\n",
		    (unsigned long long)o->chain_problems);
	page_raw(p, "<div class=\"charts\">\n");
	page_charts(o, p);
	page_raw(p, "</div>\n");
	verdict_table(o, p);
	store_table(o, p);
	page_raw(p, "</body></html>\n");
}
