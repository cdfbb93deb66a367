/*
 * Proof by re-snapshot: the copy is taken again by the very code that took
 * production, and the fingerprints must be equal.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "archive/recorded.h"
#include "base/clock.h"
#include "base/err.h"
#include "drill/inside.h"
#include "snapshot/capture.h"

/*
 * Could an ordinary user not restore something?  Then that the copy differs
 * says nothing of the backup.
 */
static bool
may_not(const struct drill *x)
{
	return geteuid() != 0 && x->note[0] != '\0';
}

/* Take the copy again and compare. */
int
drill_prove_part(struct drill *x, size_t i, char *seen, size_t size,
    struct err *e)
{
	const struct part *p = &x->s->parts[i];
	char hex[ID_TEXT_SIZE];
	struct capture c = {
		.recipe = &x->recipe,
		.files_root = x->folders[i], .config_root = x->folders[i],
		.login = { .user = "root" },
		.recorded = x->owners[i], .sample = x->tables,
		.part = x->part[i].sample != NULL ? &x->part[i] : NULL,
	};
	struct part again;
	size_t owners;

	if (x->lost[i])
		return err_set(e, ERR_DAMAGED,
		    "not carried out: the restore had failed");
	if (x->server != NULL)
		c.login.socket = db_server_socket(x->server);
	if (p->kind == PART_STREAM) {
		(void)snprintf(seen, size, "authenticated whole");
		return 0;
	}
	if (!capture_has(&x->recipe, p->kind))
		return err_set(e, ERR_DAMAGED, "the snapshot does not say how "
		    "it was taken");
	if (capture_part(x->dry, &c, p->kind, &again, e) == -1)
		return -1;
	if (id_compare(&again.root.fingerprint,
	    &x->root[i].fingerprint) != 0)
		return err_set(e, may_not(x) ? ERR_DENIED : ERR_DAMAGED,
		    "fingerprint %.16s of %llu entries, %llu bytes%s",
		    id_format(&again.root.fingerprint, hex),
		    (unsigned long long)again.root.entries,
		    (unsigned long long)again.root.size,
		    p->kind == PART_DB ? "" : x->note);
	owners = x->owners[i] == NULL ? 0 : recorded_count(x->owners[i]);
	(void)snprintf(seen, size, owners == 0 ? "equal, %llu entries" :
	    "equal, %llu entries; the owners of %zu are not proven",
	    (unsigned long long)again.root.entries, owners);
	return 0;
}

int
drill_prove(struct drill *x, struct err *e)
{
	char name[RECEIPT_TEXT_MAX], required[RECEIPT_TEXT_MAX];
	char seen[RECEIPT_TEXT_MAX], hex[ID_TEXT_SIZE];
	struct step step = { name, required, seen, 0 };
	const struct part *p;
	size_t i;
	int rc;

	for (i = 0; i < x->s->n_parts; i++) {
		p = &x->s->parts[i];
		if (p->db.physical.used)	/* compared long ago */
			continue;
		step.begun = clock_monotonic();
		rc = drill_prove_part(x, i, seen, sizeof(seen), e);
		(void)snprintf(name, sizeof(name), "proof: %s", p->name);
		(void)snprintf(required, sizeof(required),
		    "fingerprint %.16s of %llu entries, %llu bytes",
		    id_format(&x->root[i].fingerprint, hex),
		    (unsigned long long)x->root[i].entries,
		    (unsigned long long)x->root[i].size);
		if (drill_record(x, &step, rc, e) == -1)
			return -1;
	}
	return 0;
}
