/*
 * muster-list: say which snapshots, receipts and verdicts a store holds.
 */
#include <stddef.h>

#include "cli/cmd.h"
#include "report/listing.h"
#include "snapshot/access.h"

static struct access_want want = { .bare = true, .use = DEPOT_LOOK };
static struct listing_options listing;

static const struct opt options[] = {
	{ 'p', "policy", NULL, &want.policy, NULL, "file",
	    "policy (else $MUSTER_POLICY, ./muster.yaml, "
	    "/etc/muster/muster.yaml)" },
	{ 's', "store", NULL, &want.store, NULL, "name|url",
	    "store of the policy, or a store's URL without a policy" },
	{ 'k', "recovery-key", NULL, &want.recovery_key, NULL, "file",
	    "vouch for the store by this key (with a URL)" },
	{ 0, "passphrase-file", NULL, &want.passphrase_file, NULL, "file",
	    "its passphrase" },
	{ 'a', "all", &listing.all, NULL, NULL, NULL,
	    "receipts and verdicts as well" },
	{ 0, "site", NULL, &listing.site, NULL, "name",
	    "only of this site" },
	{ 0 },
};

static int
run(char *operands[], struct err *e)
{
	struct access a;
	int status;

	(void)operands;
	if (access_open(&a, &want, e) == -1)
		return CMD_TROUBLE;
	status = listing_print(&a.depot, &listing, e);
	access_close(&a);
	return status;
}

int
main(int argc, char *argv[])
{
	const struct cmd c = {
		.name = "muster-list", .operands = "", .min = 0, .max = 0,
		.purpose = "say which snapshots, receipts and verdicts a "
		    "store holds",
		.options = options, .run = run,
	};

	return cmd_main(&c, argc, argv);
}
