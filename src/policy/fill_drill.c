/*
 * What the policy says of drills.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/num.h"
#include "policy/fill.h"
#include "policy/loaded.h"
#include "policy/schema.h"
#include "policy/tree.h"

static bool
is_number(const char *text)
{
	size_t whole, rest = 0;

	text += *text == '-' || *text == '+' ? 1 : 0;
	whole = strspn(text, "0123456789");
	text += whole;
	if (*text == '.') {
		rest = strspn(text + 1, "0123456789");
		text += 1 + rest;
		if (rest == 0)
			return false;
	}
	return whole > 0 && *text == '\0';
}

/* "= text", "!= text", "< number", ..., "empty", "not empty". */
static bool
is_expectation(const char *text)
{
	const char *value;
	size_t op = strspn(text, "!<>=");

	if (op == 0)
		return strcmp(text, "empty") == 0 ||
		    strcmp(text, "not empty") == 0;
	value = text + op + strspn(text + op, " ");
	if ((op == 1 && text[0] == '=') ||
	    (op == 2 && strncmp(text, "!=", 2) == 0))
		return value[0] != '\0';
	if ((op == 1 && text[0] != '!') ||
	    (op == 2 && text[0] != '=' && text[1] == '='))
		return is_number(value);
	return false;
}

static int
fill_assertion(struct fill *f, const struct raw_assertion *raw,
    struct policy_assertion *a, const char *path)
{
	const struct tree *t = tree_find(f->tree, path);

	a->files_exist = raw->files_exist == RAW_TRUE;
	if ((raw->expect != NULL) == a->files_exist)
		return tree_fail(t, NULL, f->e,
		    "expected either expect or files-exist: true");
	if (raw->expect != NULL && !is_expectation(raw->expect))
		return tree_fail(tree_get(t, "expect"), NULL, f->e,
		    "expected = or != and a value, <, <=, > or >= and a "
		    "number, empty or not empty, not %.60s", raw->expect);
	if (raw->files_below != NULL && !a->files_exist)
		return tree_fail(tree_get(t, "files-below"), NULL, f->e,
		    "expected files-exist: true, too");
	if (fill_keep(f, raw->name, &a->name) == -1 ||
	    fill_keep(f, raw->database, &a->database) == -1 ||
	    fill_keep(f, raw->sql, &a->sql) == -1 ||
	    fill_keep(f, raw->expect, &a->expect) == -1)
		return -1;
	return fill_keep_path(f, raw->files_below, &a->files_below);
}

static int
fill_assertions(struct fill *f, const struct raw_drill *raw)
{
	struct policy *p = &f->l->policy;
	char path[64];
	uint32_t i;

	if (raw->n_assertions > 0 && !p->db.present)
		return tree_fail_at(f->tree, "drill.assertions", f->e,
		    "there is no database to ask: expected components.db");
	p->assertions = loaded_alloc(f->l, (size_t)raw->n_assertions + 1,
	    sizeof(*p->assertions), f->e);
	if (p->assertions == NULL)
		return -1;
	for (; p->n_assertions < raw->n_assertions; p->n_assertions++) {
		(void)snprintf(path, sizeof(path), "drill.assertions[%u]",
		    (unsigned)p->n_assertions + 1);
		if (fill_assertion(f, &raw->assertions[p->n_assertions],
		    &p->assertions[p->n_assertions], path) == -1)
			return -1;
		for (i = 0; i < p->n_assertions; i++)
			if (strcmp(p->assertions[i].name,
			    p->assertions[p->n_assertions].name) == 0)
				return tree_fail_at(f->tree, path, f->e,
				    "another has this name: %.60s",
				    p->assertions[i].name);
	}
	return 0;
}

/* Does the configuration demand that site_config.json has its key? */
static bool
demands_encryption_key(const struct policy *p)
{
	const char **key;
	uint32_t i;

	for (i = 0; i < p->config.n_require; i++)
		for (key = p->config.require[i].keys; *key != NULL; key++)
			if (strcmp(p->config.require[i].file,
			    "site_config.json") == 0 &&
			    strcmp(*key, "encryption_key") == 0)
				return true;
	return false;
}

/* Checks that are on or off. */
static int
fill_demands(struct fill *f, const struct raw_drill *raw)
{
	struct policy *p = &f->l->policy;

	p->drill_owners_recorded = raw->owners == RAW_RECORDED;
	p->drill_check_tables = raw->check_tables != RAW_FALSE;
	p->drill_well_formed = raw->well_formed != RAW_FALSE;
	if (raw->frappe_passwords == RAW_TRUE &&
	    !(p->db.present && p->config.present))
		return tree_fail_at(f->tree, "drill.frappe-passwords", f->e,
		    "expected components.db and components.config, too");
	p->drill_frappe_passwords = raw->frappe_passwords == RAW_UNSET ?
	    p->db.present && demands_encryption_key(p) :
	    raw->frappe_passwords == RAW_TRUE;
	p->n_hooks = raw->n_hooks;
	return fill_commands(f, "drill.hooks", raw->hooks, raw->n_hooks,
	    &p->hooks);
}

static int
fill_rehearse(struct fill *f, const struct raw_rehearse *raw)
{
	struct policy *p = &f->l->policy;

	if (raw == NULL)
		return 0;
	p->rehearse = loaded_alloc(f->l, 1, sizeof(*p->rehearse), f->e);
	if (p->rehearse == NULL)
		return -1;
	p->rehearse->name = "migration";
	p->rehearse->timeout = 3600;
	if (fill_keep(f, raw->run, &p->rehearse->run) == -1)
		return -1;
	return fill_keep_duration(f, "drill.rehearse.timeout", raw->timeout,
	    1, &p->rehearse->timeout);
}

int
fill_drill(struct fill *f, const struct raw_drill *raw)
{
	struct policy *p = &f->l->policy;
	struct err none;

	p->drill_from = p->stores[p->n_stores - 1].name;
	p->drill_scratch = "/var/tmp";
	if (fill_keep(f, raw->from, &p->drill_from) == -1 ||
	    fill_keep_path(f, raw->scratch, &p->drill_scratch) == -1)
		return -1;
	if (policy_find_store(p, p->drill_from, &none) == NULL)
		return tree_fail_at(f->tree, "drill.from", f->e,
		    "expected the name of a store, not %.60s", p->drill_from);
	/* a bare name is looked up in PATH */
	if (raw->mariadbd != NULL &&
	    (strchr(raw->mariadbd, '/') == NULL ? fill_keep : fill_keep_path)(f,
	    raw->mariadbd, &p->drill_mariadbd) == -1)
		return -1;
	if (raw->memory != NULL &&
	    num_parse_size(raw->memory, &p->drill_memory, f->e) == -1)
		return fill_not_understood(f, "drill.memory");
	if (fill_keep_duration(f, "drill.provision", raw->provision, 0,
	    &p->drill_provision) == -1 || fill_demands(f, raw) == -1 ||
	    fill_rehearse(f, raw->rehearse) == -1)
		return -1;
	return fill_assertions(f, raw);
}
