/*
 * muster-verify: read a store back; structure without keys, content with.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "cli/cmd.h"
#include "cli/progress.h"
#include "report/notify.h"
#include "report/say.h"
#include "report/watch.h"
#include "snapshot/access.h"
#include "snapshot/trail.h"
#include "snapshot/verify.h"

static struct access_want want = { .bare = true, .use = DEPOT_LOOK };
static struct {
	bool		content;
	struct notify	told;
} more;

static const struct opt options[] = {
	{ 'p', "policy", NULL, &want.policy, NULL, "file",
	    "policy (else $MUSTER_POLICY, ./muster.yaml, "
	    "/etc/muster/muster.yaml)" },
	{ 's', "store", NULL, &want.store, NULL, "name|url",
	    "store of the policy, or a store's URL without a policy" },
	{ 'c', "content", &more.content, NULL, NULL, NULL,
	    "open every chunk as well (needs the recovery key)" },
	{ 'k', "recovery-key", NULL, &want.recovery_key, NULL, "file",
	    "key that opens the chunks (else the policy's)" },
	{ 0, "passphrase-file", NULL, &want.passphrase_file, NULL, "file",
	    "its passphrase (else the policy's, or asked)" },
	{ 0 },
};

static void
on_problem(void *cookie, const char *object, const char *what)
{
	(void)cookie;
	progress_end();
	if (!cmd_json())
		printf("BAD %s: %s\n", object, what);
	else {
		struct err e;

		/* standard output is checked at the end */
		(void)cmd_answer("problem", json_pack("{s:s, s:s}", "object",
		    object, "what", what), &e);
	}
}

static int
verify(struct access *a, const char *which, struct err *e)
{
	struct verify_options o = {
		.content = more.content, .problem = on_problem,
		.step = watch_step, .progress = watch_progress,
	};
	struct verify_report r = { 0 };
	struct snapshot *s = NULL;
	int status = CMD_TROUBLE;

	if (which != NULL) {
		if ((s = calloc(1, sizeof(*s))) == NULL) {
			(void)err_memory(e);
			goto done;
		}
		if (trail_find_snapshot(&a->depot, NULL, which, s, NULL,
		    e) == -1) {
			if (e->kind == ERR_DAMAGED)
				status = CMD_NO;
			goto done;
		}
		o.only = s;
	}
	if (verify_store(&a->depot, &o, &r, e) == -1)
		goto done;
	progress_end();
	notify_fact(&more.told, "verify_packs", "", (double)r.packs);
	notify_fact(&more.told, "verify_bytes", "", (double)r.bytes);
	notify_fact(&more.told, "verify_problems", "", (double)r.problems);
	if (say_verify(&r, a->depot.authentic, more.content, e) == 0)
		status = r.problems == 0 ? CMD_YES : CMD_NO;
done:
	progress_end();
	free(s);
	return status;
}

static int
run(char *operands[], struct err *e)
{
	struct access a;
	int status;

	want.use = more.content ? DEPOT_READ : DEPOT_LOOK;
	/* a store by its URL alone is none of a policy's */
	if (want.store == NULL || strpbrk(want.store, "/:") == NULL)
		notify_begin(&more.told, want.policy, "verify");
	if (access_open(&a, &want, e) == -1)
		return e->kind == ERR_DAMAGED ? CMD_NO : CMD_TROUBLE;
	status = verify(&a, operands[0], e);
	access_close(&a);
	return status;
}

static void
ended(int status)
{
	notify_end(&more.told, status);
}

int
main(int argc, char *argv[])
{
	const struct cmd c = {
		.name = "muster-verify", .operands = "[snapshot]",
		.min = 0, .max = 1,
		.purpose = "read a store back: structure without keys, "
		    "content with keys",
		.options = options, .run = run, .ended = ended,
	};

	return cmd_main(&c, argc, argv);
}
