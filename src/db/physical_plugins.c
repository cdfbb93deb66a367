/*
 * Compression of pages by plugins.
 *
 * A server of 10.7 or newer compresses PAGE_COMPRESSED tables with what it has
 * loaded as provider_lz4 and others; mariadb-backup notes in backup-my.cnf
 * which they were.  Without them its --prepare cannot open such pages, and
 * says "completed OK!" all the same; and a server cannot read them.  So both
 * get them from the folder of plugins of the mariadbd that is here; what else
 * was loaded is not, for a backup must not say what is run.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/child.h"
#include "base/err.h"
#include "base/file.h"
#include "db/names.h"
#include "db/physical.h"

#define SMALL_MAX 65536
#define HELP_MAX ((size_t)4 << 20)
#define HELP_SECONDS 60
#define KEY "\nplugin-dir "

static const char *const known[] = { "provider_bzip2", "provider_lz4",
	"provider_lzma", "provider_lzo", "provider_snappy" };

/* Take those that we know out of "name=file;name=file". */
static int
take_names(char *list, struct names *out, struct err *e)
{
	char *item, *next = list;
	size_t i;

	while ((item = strsep(&next, ";")) != NULL) {
		item[strcspn(item, "=")] = '\0';
		for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
			if (strcmp(item, known[i]) == 0 &&
			    names_add(out, known[i], e) == -1)
				return -1;
	}
	return 0;
}

int
physical_providers(const char *folder, struct names *out, struct err *e)
{
	char path[PATH_MAX], list[PHYSICAL_FACT_MAX];
	const char *text;
	struct buf b;
	int rc = -1;

	buf_init(&b, SMALL_MAX);
	(void)snprintf(path, sizeof(path), "%.*s/backup-my.cnf", PATH_MAX - 32,
	    folder);
	if (file_load(path, &b, e) == -1 || (text = buf_text(&b, e)) == NULL)
		goto done;
	rc = physical_fact(text, "plugin_load", list, sizeof(list)) == -1 ?
	    0 : take_names(list, out, e);
done:
	buf_drop(&b);
	return rc;
}

/* Where this mariadbd has its plugins, by its own account. */
static int
find_folder(const char *mariadbd, char dir[PATH_MAX], struct err *e)
{
	const char *const argv[] = { mariadbd, "--no-defaults", "--verbose",
	    "--help", NULL };
	const struct child_spec spec = { .argv = argv, .in = -1, .out = -1,
	    .err = -1 };
	const char *text, *p;
	size_t n = 0;
	struct buf out;
	int status, rc = -1;

	buf_init(&out, HELP_MAX);
	if (child_run(&spec, HELP_SECONDS, &out, &status, e) == -1 ||
	    (text = buf_text(&out, e)) == NULL)
		goto done;
	if ((p = strstr(text, KEY)) != NULL) {
		p += strlen(KEY);
		p += strspn(p, " ");
		n = strcspn(p, "\n");
	}
	if (n < 2 || n >= PATH_MAX || *p != '/') {
		(void)err_set(e, ERR_UNSUPPORTED, "%s does not say where its "
		    "plugins are", mariadbd);
		goto done;
	}
	n -= p[n - 1] == '/';
	memcpy(dir, p, n);
	dir[n] = '\0';
	rc = 0;
done:
	buf_drop(&out);
	return rc;
}

int
physical_plugin_folder(const char *mariadbd, const struct names *providers,
    char dir[PATH_MAX], struct err *e)
{
	char path[PATH_MAX + 64];
	size_t i;

	if (find_folder(mariadbd, dir, e) == -1)
		return -1;
	for (i = 0; i < providers->n; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s.so", dir,
		    providers->v[i]);
		if (access(path, R_OK) == -1)
			return err_set(e, ERR_UNSUPPORTED, "the source had "
			    "pages compressed by %s, and there is no %s: "
			    "install the package mariadb-plugin-provider-%s",
			    providers->v[i], path,
			    providers->v[i] + strlen("provider_"));
	}
	return 0;
}
