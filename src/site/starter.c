/*
 * Writes a starter policy.  Whatever comes from outside (paths, names) is
 * quoted unless it is plainly harmless, so that no file name can add a key.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "site/frappe.h"
#include "site/starter.h"
#include "store/store.h"

/* Text that YAML takes for text and nothing else, unquoted. */
static bool
is_harmless(const char *text)
{
	static const char *const words[] = {
		"null", "Null", "NULL", "true", "True", "TRUE", "false",
		"False", "FALSE", "yes", "Yes", "YES", "no", "No", "NO", "on",
		"On", "ON", "off", "Off", "OFF", "y", "Y", "n", "N",
	};
	size_t i;

	if (strspn(text, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ/_") == 0 ||
	    text[strspn(text, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-")] != '\0')
		return false;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(text, words[i]) == 0)
			return false;
	return true;
}

/* A JSON string is a YAML string in double quotes. */
static int
add_quoted(struct buf *b, const char *text, struct err *e)
{
	json_t *j;
	char *quoted;
	int rc;

	if (strchr(text, 0x7f) != NULL || (j = json_string(text)) == NULL)
		return err_set(e, ERR_INPUT, "%.300s: cannot be written as "
		    "YAML: expected UTF-8 without control characters", text);
	quoted = json_dumps(j, JSON_ENCODE_ANY);
	json_decref(j);
	if (quoted == NULL)
		return err_memory(e);
	rc = buf_add_text(b, quoted, e);
	free(quoted);
	return rc;
}

/* "before", the text quoted as needed, and "after". */
static int
add(struct buf *b, const char *before, const char *text, const char *after,
    struct err *e)
{
	if (buf_add_text(b, before, e) == -1)
		return -1;
	if ((is_harmless(text) ? buf_add_text : add_quoted)(b, text, e) == -1)
		return -1;
	return buf_add_text(b, after, e);
}

static int
add_list(struct buf *b, char *const *list, struct err *e)
{
	size_t i;

	for (i = 0; list[i] != NULL; i++)
		if (add(b, "      - ", list[i], "\n", e) == -1)
			return -1;
	return 0;
}

static int
add_db(struct buf *b, const struct starter *s, struct err *e)
{
	if (buf_add_text(b, "  db:\n", e) == -1)
		return -1;
	if (s->defaults_file != NULL) {
		if (add(b, "    defaults-file: ", s->defaults_file, "\n", e) ==
		    -1)
			return -1;
	} else if (buf_add_text(b,
	    "    # an option file of mode 0600 with host or socket, user and\n"
	    "    # password; without it, what the client library finds\n"
	    "    # defaults-file: /etc/muster/my.cnf\n", e) == -1) {
		return -1;
	}
	if (s->found->socket != NULL &&
	    add(b, "    socket: ", s->found->socket, "\n", e) == -1)
		return -1;
	return add(b, "    databases: [", s->found->database, "]\n", e);
}

static int
add_config(struct buf *b, const struct site_found *s, struct err *e)
{
	size_t i;

	if (s->config == NULL)
		return 0;
	if (buf_add_text(b, "  config:\n    paths:\n", e) == -1 ||
	    add_list(b, s->config, e) == -1 ||
	    buf_add_text(b,
	    "      # and what the machine adds, such as\n"
	    "      # - /etc/nginx/conf.d\n"
	    "      # - /etc/supervisor/conf.d\n", e) == -1)
		return -1;
	if (s->keys == NULL)
		return 0;
	if (buf_add_text(b, "    require-keys:\n      site_config.json: [",
	    e) == -1)
		return -1;
	for (i = 0; s->keys[i] != NULL; i++)
		if (add(b, i > 0 ? ", " : "", s->keys[i], "", e) == -1)
			return -1;
	return buf_add_text(b, "]\n", e);
}

static int
add_components(struct buf *b, const struct starter *s, struct err *e)
{
	if (s->found == NULL)
		return buf_add_text(b,
		    "# Take the '#' from what the site has, and fill it in; "
		    "until then muster\n"
		    "# refuses this policy.\n"
		    "components:\n"
		    "#  db:\n"
		    "#    defaults-file: /etc/muster/my.cnf\n"
		    "#    databases: [NAME]\n"
		    "#  files:\n"
		    "#    paths: [/srv/NAME/files]\n"
		    "#  config:\n"
		    "#    paths: [/srv/NAME/config, /etc/NAME]\n", e);
	if (buf_add_text(b, "components:\n", e) == -1 ||
	    add_db(b, s, e) == -1)
		return -1;
	if (s->found->files != NULL &&
	    (buf_add_text(b, "  files:\n    paths:\n", e) == -1 ||
	    add_list(b, s->found->files, e) == -1))
		return -1;
	return add_config(b, s->found, e);
}

static int
add_setting(struct buf *b, const char *before, const char *text,
    struct err *e)
{
	return text == NULL ? 0 : add(b, before, text, "\n", e);
}

static int
add_store(struct buf *b, const struct starter *s, struct err *e)
{
	const struct store_options *o = s->bucket;

	if (o == NULL)
		return add(b, "\nstores:\n  local: {url: ", s->store, "}\n",
		    e);
	if (add(b, "\nstores:\n  bucket:\n    url: ", s->store, "\n",
	    e) == -1 ||
	    add_setting(b, "    endpoint: ", o->endpoint, e) == -1 ||
	    add_setting(b, "    region: ", o->region, e) == -1 ||
	    add_setting(b, "    ca-file: ", o->ca_file, e) == -1)
		return -1;
	return buf_add_text(b,
	    "    # in the form of ~/.aws/credentials, mode 0600; without it "
	    "the AWS_\n"
	    "    # variables and that file are used\n"
	    "    # credentials: /etc/muster/s3.credentials\n", e);
}

static int
add_keys(struct buf *b, const struct starter *s, struct err *e)
{
	if (add(b, "\nkeys:\n  writer: ", s->writer_key, "\n", e) == -1 ||
	    buf_add_text(b,
	    "  # Who has the recovery key can read every backup. Keep it off "
	    "this machine,\n"
	    "  # and then remove these lines: drills run where the key is.\n",
	    e) == -1 ||
	    add(b, "  recovery: ", s->recovery_key, "\n", e) == -1)
		return -1;
	if (s->passphrase_file == NULL)
		return 0;
	return add(b, "  passphrase-file: ", s->passphrase_file, "\n", e);
}

static int
add_drill(struct buf *b, const struct starter *s, struct err *e)
{
	if (buf_add_text(b, "\ndrill:\n  server: same-major\n", e) == -1)
		return -1;
	if (s->found == NULL)
		return buf_add_text(b,
		    "  # assertions:\n"
		    "  #   - name: users exist\n"
		    "  #     sql: \"SELECT count(*) FROM users\"\n"
		    "  #     expect: \">= 1\"\n", e);
	if (buf_add_text(b,
	    "  assertions:\n"
	    "    - name: users exist\n"
	    "      sql: \"SELECT count(*) FROM tabUser WHERE enabled = 1\"\n"
	    "      expect: \">= 1\"\n", e) == -1)
		return -1;
	if (s->found->files == NULL)
		return 0;
	return buf_add_text(b,
	    "    - name: every attachment is there\n"
	    "      sql: \"SELECT file_url FROM tabFile WHERE is_folder = 0\n"
	    "        AND (file_url LIKE '/files/%'\n"
	    "        OR file_url LIKE '/private/files/%')\"\n"
	    "      files-exist: true\n", e);
}

int
site_write_policy(const struct starter *s, struct buf *b, struct err *e)
{
	if (buf_add_text(b,
	    "# muster-policy(5) explains every key.\n", e) == -1 ||
	    add(b, "site: ", s->site, "\n\n", e) == -1 ||
	    add_components(b, s, e) == -1 || add_store(b, s, e) == -1 ||
	    add_keys(b, s, e) == -1)
		return -1;
	if (s->state != NULL && add(b, "\nstate: ", s->state, "\n", e) == -1)
		return -1;
	if (buf_add_text(b,
	    "\n"
	    "# How long a restore may take, and how much may be lost.\n"
	    "objectives: {rto: 30m, rpo: 15m}\n", e) == -1 ||
	    add_drill(b, s, e) == -1)
		return -1;
	return buf_add_text(b,
	    "\n"
	    "# What a deploy needs: a snapshot and a drill no older than this, "
	    "and a\n"
	    "# measured restore that stays this far below the objective.\n"
	    "gate: {snapshot-age: 15m, drill-age: 7d, margin: 20%}\n"
	    "\n"
	    "retention: {within: 2d, daily: 14, weekly: 8, monthly: 12, "
	    "yearly: 3}\n", e);
}
