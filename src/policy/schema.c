/*
 * The shape of a policy, once, as a libcyaml schema.  libcyaml loads with it;
 * and since its errors give no line of a key that is missing or unknown, and
 * not what was expected, the tree is checked against the same schema first.
 * So libcyaml itself should find nothing to complain about; if it does, its
 * first line is the error.
 *
 * Two mappings have free names as keys, for which libcyaml has no type: stores,
 * and components.config.require-keys.  They are ignored here and read from
 * the tree (fill.c).  Numbers are text here, since libcyaml reads 010 as 8, and
 * booleans are an enum, since its own take any word for true.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cyaml/cyaml.h>

#include "base/err.h"
#include "policy/schema.h"
#include "policy/tree.h"

#define TEXT_MAX 65536
#define LIST_MAX 4096
#define MAYBE CYAML_FLAG_OPTIONAL
#define REQUIRED CYAML_FLAG_DEFAULT
#define N(a) (sizeof(a) / sizeof(*(a)))

#define TEXT(key, flags, type, member)					\
	CYAML_FIELD_STRING_PTR(key, (flags) | CYAML_FLAG_POINTER,	\
	    struct type, member, 1, TEXT_MAX)
#define BOOL(key, type, member)						\
	CYAML_FIELD_ENUM(key, MAYBE | CYAML_FLAG_STRICT, struct type,	\
	    member, booleans, N(booleans))
#define LIST(key, flags, type, member, min)				\
	CYAML_FIELD_SEQUENCE_COUNT(key, (flags) | CYAML_FLAG_POINTER,	\
	    struct type, member.item, member.n, &text, min, LIST_MAX)
#define ITEMS(key, type, member, entry)					\
	CYAML_FIELD_SEQUENCE_COUNT(key, MAYBE | CYAML_FLAG_POINTER,	\
	    struct type, member, n_##member, &entry, 0, LIST_MAX)
#define KEYS(key, flags, type, member, fields)				\
	CYAML_FIELD_MAPPING(key, flags, struct type, member, fields)
#define MAYBE_KEYS(key, type, member, fields)				\
	CYAML_FIELD_MAPPING_PTR(key, MAYBE, struct type, member, fields)

static const cyaml_strval_t booleans[] = {
	{ "true", RAW_TRUE },
	{ "false", RAW_FALSE },
};

static const cyaml_strval_t servers[] = {
	{ "same-major", 1 },
};

static const cyaml_strval_t methods[] = {
	{ "logical", RAW_LOGICAL },
	{ "physical", RAW_PHYSICAL },
};

static const cyaml_strval_t owners[] = {
	{ "proven", RAW_PROVEN },
	{ "recorded", RAW_RECORDED },
};

static const cyaml_schema_value_t text = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, TEXT_MAX),
};

static const cyaml_schema_field_t db[] = {
	TEXT("defaults-file", MAYBE, raw_db, defaults_file),
	TEXT("socket", MAYBE, raw_db, socket),
	TEXT("user", MAYBE, raw_db, user),
	LIST("databases", REQUIRED, raw_db, databases, 1),
	LIST("exclude", MAYBE, raw_db, exclude, 0),
	CYAML_FIELD_ENUM("method", MAYBE | CYAML_FLAG_STRICT, struct raw_db,
	    method, methods, N(methods)),
	TEXT("connections", MAYBE, raw_db, connections),
	TEXT("max-lag", MAYBE, raw_db, max_lag),
	CYAML_FIELD_END
};

static const cyaml_schema_field_t files[] = {
	LIST("paths", REQUIRED, raw_files, paths, 1),
	LIST("exclude", MAYBE, raw_files, exclude, 0),
	BOOL("one-file-system", raw_files, one_file_system),
	BOOL("allow-unreadable", raw_files, allow_unreadable),
	CYAML_FIELD_END
};

static const cyaml_schema_field_t config[] = {
	LIST("paths", REQUIRED, raw_config, paths, 1),
	LIST("exclude", MAYBE, raw_config, exclude, 0),
	CYAML_FIELD_IGNORE("require-keys", MAYBE),
	CYAML_FIELD_END
};

static const cyaml_schema_field_t components[] = {
	MAYBE_KEYS("db", raw_components, db, db),
	MAYBE_KEYS("files", raw_components, files, files),
	MAYBE_KEYS("config", raw_components, config, config),
	CYAML_FIELD_END
};

static const cyaml_schema_field_t keys[] = {
	TEXT("writer", REQUIRED, raw_keys, writer),
	TEXT("recovery", MAYBE, raw_keys, recovery),
	TEXT("passphrase-file", MAYBE, raw_keys, passphrase_file),
	CYAML_FIELD_END
};

static const cyaml_schema_field_t objectives[] = {
	TEXT("rto", REQUIRED, raw_objectives, rto),
	TEXT("rpo", REQUIRED, raw_objectives, rpo),
	CYAML_FIELD_END
};

static const cyaml_schema_field_t assertion_fields[] = {
	TEXT("name", REQUIRED, raw_assertion, name),
	TEXT("database", MAYBE, raw_assertion, database),
	TEXT("sql", REQUIRED, raw_assertion, sql),
	TEXT("expect", MAYBE, raw_assertion, expect),
	BOOL("files-exist", raw_assertion, files_exist),
	TEXT("files-below", MAYBE, raw_assertion, files_below),
	CYAML_FIELD_END
};

static const cyaml_schema_value_t assertion = {
	CYAML_VALUE_MAPPING(REQUIRED, struct raw_assertion, assertion_fields),
};

static const cyaml_schema_field_t check_fields[] = {
	TEXT("name", REQUIRED, raw_check, name),
	TEXT("run", REQUIRED, raw_check, run),
	TEXT("timeout", MAYBE, raw_check, timeout),
	CYAML_FIELD_END
};

static const cyaml_schema_value_t check = {
	CYAML_VALUE_MAPPING(REQUIRED, struct raw_check, check_fields),
};

static const cyaml_schema_field_t rehearse[] = {
	TEXT("run", REQUIRED, raw_rehearse, run),
	TEXT("timeout", MAYBE, raw_rehearse, timeout),
	CYAML_FIELD_END
};

static const cyaml_schema_field_t drill[] = {
	TEXT("from", MAYBE, raw_drill, from),
	TEXT("scratch", MAYBE, raw_drill, scratch),
	TEXT("mariadbd", MAYBE, raw_drill, mariadbd),
	TEXT("memory", MAYBE, raw_drill, memory),
	CYAML_FIELD_ENUM("server", MAYBE | CYAML_FLAG_STRICT, struct raw_drill,
	    server, servers, N(servers)),
	CYAML_FIELD_ENUM("owners", MAYBE | CYAML_FLAG_STRICT, struct raw_drill,
	    owners, owners, N(owners)),
	TEXT("provision", MAYBE, raw_drill, provision),
	BOOL("check-tables", raw_drill, check_tables),
	BOOL("well-formed", raw_drill, well_formed),
	BOOL("frappe-passwords", raw_drill, frappe_passwords),
	MAYBE_KEYS("rehearse", raw_drill, rehearse, rehearse),
	ITEMS("hooks", raw_drill, hooks, check),
	ITEMS("assertions", raw_drill, assertions, assertion),
	CYAML_FIELD_END
};

static const cyaml_schema_field_t drill_key[] = {
	TEXT("escrow", REQUIRED, raw_drill_key, escrow),
	CYAML_FIELD_END
};

static const cyaml_schema_field_t size[] = {
	TEXT("shrink", MAYBE, raw_size, shrink),
	TEXT("growth", MAYBE, raw_size, growth),
	CYAML_FIELD_END
};

static const cyaml_schema_field_t gate[] = {
	TEXT("snapshot-age", MAYBE, raw_gate, snapshot_age),
	TEXT("drill-age", MAYBE, raw_gate, drill_age),
	TEXT("margin", MAYBE, raw_gate, margin),
	TEXT("clock-skew", MAYBE, raw_gate, clock_skew),
	TEXT("valid", MAYBE, raw_gate, valid),
	LIST("readers", MAYBE, raw_gate, readers, 1),
	BOOL("key-apart", raw_gate, key_apart),
	LIST("offsite", MAYBE, raw_gate, offsite, 0),
	TEXT("locked", MAYBE, raw_gate, locked),
	TEXT("doctor-age", MAYBE, raw_gate, doctor_age),
	KEYS("drill-key", MAYBE, raw_gate, drill_key, drill_key),
	TEXT("coverage", MAYBE, raw_gate, coverage),
	TEXT("full-drill-age", MAYBE, raw_gate, full_drill_age),
	TEXT("slowdown", MAYBE, raw_gate, slowdown),
	TEXT("forecast", MAYBE, raw_gate, forecast),
	KEYS("size", MAYBE, raw_gate, size, size),
	TEXT("rpo-period", MAYBE, raw_gate, rpo_period),
	TEXT("sabotage-age", MAYBE, raw_gate, sabotage_age),
	ITEMS("checks", raw_gate, checks, check),
	CYAML_FIELD_END
};

static const cyaml_schema_field_t retention[] = {
	TEXT("within", MAYBE, raw_retention, within),
	TEXT("last", MAYBE, raw_retention, last),
	TEXT("hourly", MAYBE, raw_retention, hourly),
	TEXT("daily", MAYBE, raw_retention, daily),
	TEXT("weekly", MAYBE, raw_retention, weekly),
	TEXT("monthly", MAYBE, raw_retention, monthly),
	TEXT("yearly", MAYBE, raw_retention, yearly),
	CYAML_FIELD_END
};

static const cyaml_schema_field_t notify[] = {
	TEXT("ping", MAYBE, raw_notify, ping),
	TEXT("ping-file", MAYBE, raw_notify, ping_file),
	TEXT("textfile", MAYBE, raw_notify, textfile),
	CYAML_FIELD_END
};

static const cyaml_schema_field_t top[] = {
	TEXT("site", REQUIRED, raw, site),
	KEYS("components", REQUIRED, raw, components, components),
	CYAML_FIELD_IGNORE("stores", REQUIRED),
	KEYS("keys", REQUIRED, raw, keys, keys),
	TEXT("state", MAYBE, raw, state),
	KEYS("objectives", REQUIRED, raw, objectives, objectives),
	KEYS("drill", MAYBE, raw, drill, drill),
	KEYS("gate", MAYBE, raw, gate, gate),
	KEYS("retention", MAYBE, raw, retention, retention),
	KEYS("notify", MAYBE, raw, notify, notify),
	CYAML_FIELD_END
};

static const cyaml_schema_value_t policy = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct raw, top),
};

/* For people: what a value of this type is. */
static const char *
expected(const cyaml_schema_value_t *v)
{
	switch (v->type) {
	case CYAML_MAPPING:
	case CYAML_IGNORE:
		return "keys with values";
	case CYAML_SEQUENCE:
		return "a list";
	case CYAML_ENUM:
		return v->enumeration.strings == booleans ? "true or false" :
		    v->enumeration.strings == owners ? "proven or recorded" :
		    v->enumeration.strings == methods ?
		    "logical or physical" :
		    v->enumeration.strings[0].str;
	default:
		return "text";
	}
}

static const char *
found(const struct tree *t)
{
	switch (t->kind) {
	case TREE_LIST:
		return "a list";
	case TREE_KEYS:
		return "keys with values";
	case TREE_NOTHING:
		return "nothing";
	case TREE_TEXT:
		break;
	}
	return t->text[0] != '\0' ? t->text : "empty text";
}

static int
wrong_type(const struct tree *t, const cyaml_schema_value_t *v, struct err *e)
{
	return tree_fail(t, NULL, e, "expected %s, not %.60s", expected(v),
	    found(t));
}

static int	check_shape(const struct tree *, const cyaml_schema_value_t *,
		    struct err *);

static int
unknown_key(const struct tree *t, const cyaml_schema_field_t *f,
    struct err *e)
{
	char names[512] = "";
	size_t n = 0;

	for (; f->key != NULL; f++) {
		(void)snprintf(names + n, sizeof(names) - n, "%s%s",
		    n == 0 ? "" : f[1].key != NULL ? ", " : " or ", f->key);
		n = strlen(names);
	}
	return tree_fail(t, NULL, e, "unknown key: expected %s", names);
}

static int
check_keys(const struct tree *t, const cyaml_schema_value_t *v, struct err *e)
{
	const cyaml_schema_field_t *f;
	const struct tree *child;

	if (t->kind != TREE_KEYS)
		return wrong_type(t, v, e);
	for (child = t->first; child != NULL; child = child->next) {
		for (f = v->mapping.fields; f->key != NULL; f++)
			if (strcmp(f->key, child->key) == 0)
				break;
		if (f->key == NULL)
			return unknown_key(child, v->mapping.fields, e);
		if (check_shape(child, &f->value, e) == -1)
			return -1;
	}
	for (f = v->mapping.fields; f->key != NULL; f++)
		if ((f->value.flags & CYAML_FLAG_OPTIONAL) == 0 &&
		    tree_get(t, f->key) == NULL)
			return tree_fail(t, f->key, e, "missing: expected %s",
			    expected(&f->value));
	return 0;
}

static int
check_list(const struct tree *t, const cyaml_schema_value_t *v, struct err *e)
{
	const struct tree *child;

	if (t->kind != TREE_LIST)
		return wrong_type(t, v, e);
	if (t->n < v->sequence.min)
		return tree_fail(t, NULL, e, "the list is empty: expected at "
		    "least one item");
	if (t->n > v->sequence.max)
		return tree_fail(t, NULL, e, "%u items: expected at most %u",
		    (unsigned)t->n, (unsigned)v->sequence.max);
	for (child = t->first; child != NULL; child = child->next)
		if (check_shape(child, v->sequence.entry, e) == -1)
			return -1;
	return 0;
}

static int
check_text(const struct tree *t, const cyaml_schema_value_t *v, struct err *e)
{
	if (t->kind != TREE_TEXT || t->text[0] == '\0')
		return wrong_type(t, v, e);
	if (strlen(t->text) > TEXT_MAX)
		return tree_fail(t, NULL, e, "expected at most %d bytes",
		    TEXT_MAX);
	return 0;
}

static int
check_word(const struct tree *t, const cyaml_schema_value_t *v, struct err *e)
{
	uint32_t i;

	for (i = 0; t->kind == TREE_TEXT && i < v->enumeration.count; i++)
		if (strcmp(v->enumeration.strings[i].str, t->text) == 0)
			return 0;
	return wrong_type(t, v, e);
}

/* Recursion is bounded by the schema's depth. */
static int
check_shape(const struct tree *t, const cyaml_schema_value_t *v,
    struct err *e)
{
	switch (v->type) {
	case CYAML_MAPPING:
		return check_keys(t, v, e);
	case CYAML_SEQUENCE:
		return check_list(t, v, e);
	case CYAML_ENUM:
		return check_word(t, v, e);
	case CYAML_IGNORE:
		return 0;
	default:
		return check_text(t, v, e);
	}
}

/* Keeps the first line that libcyaml logs; the rest is a backtrace. */
static void
keep_line(cyaml_log_t level, void *ctx, const char *fmt, va_list ap)
{
	char *line = ctx;

	(void)level;
	if (line[0] != '\0')
		return;
	(void)vsnprintf(line, ERR_TEXT_MAX, fmt, ap);
	line[strcspn(line, "\n")] = '\0';
}

static cyaml_config_t
config_of(char *line)
{
	return (cyaml_config_t){
		.log_fn = keep_line,
		.log_ctx = line,
		.log_level = CYAML_LOG_ERROR,
		.mem_fn = cyaml_mem,
		.flags = CYAML_CFG_NO_ALIAS,
	};
}

struct raw *
raw_load(const char *yaml, size_t len, const struct tree *tree, struct err *e)
{
	char line[ERR_TEXT_MAX] = "";
	cyaml_config_t how = config_of(line);
	cyaml_data_t *raw = NULL;
	cyaml_err_t rc;

	if (check_shape(tree, &policy, e) == -1)
		return NULL;
	rc = cyaml_load_data((const uint8_t *)yaml, len, &how, &policy, &raw,
	    NULL);
	if (rc == CYAML_OK)
		return raw;
	if (rc == CYAML_ERR_OOM)
		(void)err_memory(e);
	else
		(void)tree_fail(tree, NULL, e, "%s: %s", cyaml_strerror(rc),
		    line);
	return NULL;
}

void
raw_free(struct raw *raw)
{
	char line[ERR_TEXT_MAX] = "";
	cyaml_config_t how = config_of(line);

	if (raw != NULL)
		(void)cyaml_free(&how, &policy, raw, 0);
}
