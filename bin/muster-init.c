/*
 * muster-init: make a store, its keys and a starter policy, overwriting
 * nothing; a Frappe bench is looked through for what belongs to a site.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "cli/cmd.h"
#include "crypto/charter.h"
#include "crypto/keys.h"
#include "site/setup.h"

static struct setup_want want;
static const char **recipients;
static bool dry_run;

static const struct opt options[] = {
	{ 's', "store", NULL, &want.store, NULL, "folder|url",
	    "store to make: a new or empty folder, or s3://bucket/prefix" },
	{ 'b', "bench", NULL, &want.bench, NULL, "folder",
	    "Frappe bench to look for the site in" },
	{ 0, "site", NULL, &want.site, NULL, "name",
	    "which site of the bench; or the site's name" },
	{ 0, "defaults-file", NULL, &want.defaults_file, NULL, "file",
	    "option file by which the database is reached" },
	{ 'k', "recovery-key", NULL, &want.recovery_key, NULL, "file",
	    "recovery key to make (else recovery.key beside the policy)" },
	{ 0, "passphrase-file", NULL, &want.passphrase_file, NULL, "file",
	    "its passphrase (else asked on the terminal)" },
	{ 0, "bare-recovery-key", &want.bare, NULL, NULL, NULL,
	    "no passphrase: whoever has the key's file can read all" },
	{ 'r', "recipient", NULL, NULL, &recipients, "line",
	    "public line of another recovery key; may be repeated" },
	{ 'o', "output", NULL, &want.policy, NULL, "file",
	    "policy to make (else muster.yaml)" },
	{ 'n', "dry-run", &dry_run, NULL, NULL, NULL,
	    "check and say what would be made, and make nothing" },
	{ 0 },
};

static int
say_json(const struct setup *s, struct err *e)
{
	char hex[ID_TEXT_SIZE];

	return cmd_answer("init", json_pack(
	    "{s:b, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s?}",
	    "made", !dry_run, "site", s->site, "store", s->store,
	    "store_id", s->charter.store,
	    "charter", id_format(&s->charter.digest, hex),
	    "recovery_key", s->recovery_key, "recovery_key_id", s->root_name,
	    "writer_key", s->writer_key, "policy", s->policy,
	    "database", s->found != NULL ? s->found->database : NULL), e);
}

static size_t
count(char *const *list)
{
	size_t n = 0;

	while (list != NULL && list[n] != NULL)
		n++;
	return n;
}

static void
say_next(const struct setup *s)
{
	printf("next\n  1. copy the recovery key off this machine%s:\n     "
	    "without %s nothing can be restored, with %s all can be read\n",
	    s->want.bare ? "" : ", its passphrase elsewhere",
	    s->want.bare ? "it" : "both", s->want.bare ? "it" : "both");
	if (s->found == NULL)
		printf("  2. fill in the components of %s\n", s->policy);
	else
		printf("  2. look over %s%s\n", s->policy,
		    s->want.defaults_file != NULL ? "" :
		    ";\n     components.db.defaults-file is how the database "
		    "is reached");
	/* nobody has to name it where commands look */
	if (want.policy != NULL &&
	    strcmp(s->policy, "/etc/muster/muster.yaml") != 0)
		printf("     export MUSTER_POLICY=%s\n", s->policy);
	printf("  3. muster doctor    is everything there that is needed?\n"
	    "  4. muster snapshot  take a backup\n"
	    "  5. muster drill     it is one when it was restored\n"
	    "  6. muster gate      may a deploy proceed?\n");
}

static int
say(const struct setup *s, struct err *e)
{
	if (cmd_json())
		return say_json(s, e);
	if (cmd_quiet())
		return 0;
	printf("%s\n", dry_run ? "would make" : "made");
	printf("  store         %s\n", s->store);
	printf("  recovery key  %s  (%s, %s)\n", s->recovery_key, s->root_name,
	    s->want.bare ? "bare" : "under a passphrase");
	printf("  writer key    %s\n", s->writer_key);
	printf("  policy        %s\n", s->policy);
	if (s->found != NULL)
		printf("for site %s: database %s, %zu file trees, %zu "
		    "configuration files\n", s->site, s->found->database,
		    count(s->found->files), count(s->found->config));
	if (!dry_run)
		say_next(s);
	return 0;
}

static int
check_options(struct err *e)
{
	struct charter_recovery none;
	size_t i;

	if (want.store == NULL)
		return err_set(e, ERR_INPUT, "where shall backups go? "
		    "expected --store FOLDER, such as /srv/muster, or "
		    "s3://BUCKET/PREFIX");
	for (i = 0; recipients != NULL && recipients[i] != NULL; i++)
		if (charter_recovery_parse(recipients[i], &none, e) == -1)
			return err_add(e, "--recipient");
	if (want.bare && want.passphrase_file != NULL)
		return err_set(e, ERR_INPUT, "expected either "
		    "--passphrase-file or --bare-recovery-key");
	if (!want.bare && want.passphrase_file == NULL && !dry_run &&
	    isatty(STDIN_FILENO) != 1)
		return err_set(e, ERR_INPUT, "no terminal to ask for a "
		    "passphrase: expected --passphrase-file or "
		    "--bare-recovery-key");
	return 0;
}

static int
run(char *operands[], struct err *e)
{
	struct setup s;
	int status = CMD_TROUBLE;

	(void)operands;
	if (check_options(e) == -1)
		return CMD_USAGE;
	want.recipients = recipients;
	if (keys_init(e) == -1)
		return CMD_TROUBLE;
	if (setup_plan(&s, &want, e) == 0 &&
	    (dry_run || setup_make(&s, e) == 0))
		status = CMD_YES;
	if (status == CMD_YES && say(&s, e) == -1)
		status = CMD_TROUBLE;
	if (status != CMD_YES && s.n_made > 0)
		status = CMD_CHANGED;
	setup_drop(&s);
	return status;
}

int
main(int argc, char *argv[])
{
	const struct cmd c = {
		.name = "muster-init", .operands = "",
		.purpose = "make a store, its keys and a starter policy",
		.options = options, .run = run,
	};

	return cmd_main(&c, argc, argv);
}
