/*
 * The gate's jobs: judge, override, and verify a verdict from a file.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/num.h"
#include "cli/cmd.h"
#include "cli/progress.h"
#include "crypto/pem.h"
#include "crypto/statement.h"
#include "gate/gate.h"
#include "report/job.h"
#include "report/say.h"
#include "report/watch.h"
#include "snapshot/access.h"
#include "store/store.h"

#define KEYRING_MAX ((size_t)1 << 20)
#define SKEW 60

int
job_check_subject(const struct job *j, struct err *e)
{
	if (j->subject == NULL || gate_subject_valid(j->subject))
		return 0;
	return err_set(e, ERR_INPUT, "--subject: expected git:<40 or 64 hex "
	    "digits> or sha256:<64 hex digits>");
}

/* Sign as it was judged, or over it with the operator's key. */
static int
sign(const struct job *j, struct access *a, struct verdict *v,
    char operator[CHARTER_NAME_MAX], struct err *e)
{
	const struct passphrase_source pass = {
		j->passphrase_file != NULL ? j->passphrase_file :
		    getenv("MUSTER_PASSPHRASE_FILE"),
		isatty(STDIN_FILENO) == 1, "Passphrase of the operator's key",
	};
	struct gate_override o = { .reason = j->override };
	struct recovery_key *key;
	int rc = -1;

	if (j->override == NULL || v->result == RULE_PASS)
		return gate_sign(&a->depot, v, e);
	if (num_parse_duration(j->until, &o.valid, e) == -1)
		return err_add(e, "--until");
	if ((key = recovery_key_load(j->recovery_key, &pass, e)) != NULL) {
		o.key = key;
		rc = gate_sign_override(&a->depot, v, &o, operator, e);
	}
	recovery_key_free(key);
	return rc == -1 ? err_add(e, "cannot override") : 0;
}

/* The verdict as it lies in the store, for another machine. */
static int
save(const struct access *a, const struct verdict *v, const char *path,
    struct err *e)
{
	struct buf b;
	int rc = -1;

	buf_init(&b, STATEMENT_MAX);
	if (store_get_all(a->depot.store, v->object, &b, e) == 0)
		rc = file_replace_path(path, 0644, b.data, b.len, e);
	buf_drop(&b);
	return rc == -1 ? err_add(e, "cannot save the verdict") : 0;
}

static int
check_override(const struct job *j, struct err *e)
{
	if (j->dry_run && (j->override != NULL || j->save != NULL))
		return err_set(e, ERR_INPUT, "a dry run signs nothing: there "
		    "is nothing to override or to save");
	if (j->override == NULL && j->until == NULL)
		return 0;
	if (j->override == NULL || j->until == NULL || j->subject == NULL ||
	    j->recovery_key == NULL)
		return err_set(e, ERR_INPUT, "an override needs --override "
		    "REASON, --until, --subject, and --recovery-key with the "
		    "operator's key");
	return 0;
}

int
job_gate(const struct job *j, struct err *e)
{
	struct access_want w = {
		.policy = j->policy, .store = j->store, .use = DEPOT_SIGN,
		.drill_store = true,
	};
	struct gate_options o = { .subject = j->subject, .step = watch_step };
	char operator[CHARTER_NAME_MAX];
	struct access a;
	struct verdict *v = NULL;
	int status = CMD_TROUBLE;

	if (check_override(j, e) == -1)
		return CMD_USAGE;
	if (access_open(&a, &w, e) == -1)
		return CMD_TROUBLE;
	o.policy = a.policy;
	if ((v = calloc(1, sizeof(*v))) == NULL) {
		(void)err_memory(e);
		goto done;
	}
	if (gate_judge(&a.depot, &o, v, e) == -1 ||
	    (!j->dry_run && sign(j, &a, v, operator, e) == -1) ||
	    (j->save != NULL && save(&a, v, j->save, e) == -1) ||
	    say_verdict(v, j->explain, e) == -1)
		goto done;
	status = v->result == RULE_PASS || v->override_reason != NULL ?
	    CMD_YES : v->result == RULE_FAIL ? CMD_NO : CMD_TROUBLE;
done:
	progress_end();
	free(v);
	access_close(&a);
	return status;
}

int
job_gate_keys(const struct job *j, struct err *e)
{
	struct access_want w = {
		.policy = j->policy, .store = j->store, .use = DEPOT_SIGN,
		.drill_store = true,
	};
	const struct charter *c;
	struct charter_signer s = { .roles = ROLE_VERDICT };
	struct access a;
	struct buf b;
	size_t i;
	int rc = 0;

	if (access_open(&a, &w, e) == -1)
		return CMD_TROUBLE;
	buf_init(&b, KEYRING_MAX);
	c = &a.depot.charter;
	for (i = 0; i < c->n_signers && rc == 0; i++)
		if ((c->signers[i].roles & ROLE_VERDICT) != 0)
			rc = pem_add(&b, &c->signers[i], e);
	for (i = 0; i < c->n_recovery && rc == 0; i++) {
		(void)snprintf(s.name, sizeof(s.name), "recovery key %s",
		    c->recovery[i].name);
		memcpy(s.public, c->recovery[i].sign_public,
		    sizeof(s.public));
		rc = pem_add(&b, &s, e);
	}
	if (rc == 0)
		rc = fwrite(b.data, 1, b.len, stdout) == b.len ? 0 :
		    err_sys(e, "cannot print");
	buf_drop(&b);
	access_close(&a);
	return rc == 0 ? CMD_YES : CMD_TROUBLE;
}

static int
load_keyring(const char *path, struct charter *c, struct err *e)
{
	struct buf b;
	int rc = -1;

	buf_init(&b, KEYRING_MAX);
	if (file_load(path, &b, e) == 0 && buf_text(&b, e) != NULL)
		rc = pem_parse((char *)b.data, c, ROLE_VERDICT, e);
	buf_drop(&b);
	return rc == -1 ? err_add(e, "cannot read keys from %s", path) : 0;
}

int
job_gate_verify(const struct job_verify *j, struct err *e)
{
	struct verify_want_verdict w = { .subject = j->subject,
	    .site = j->site, .accept_override = j->accept_override,
	    .skew = SKEW };
	struct verdict_read v;
	struct charter signers;
	struct buf b;
	int status = CMD_TROUBLE;

	if (j->keyring == NULL || j->subject == NULL) {
		(void)err_set(e, ERR_INPUT,
		    "--verify needs --keyring and --subject");
		return CMD_USAGE;
	}
	buf_init(&b, STATEMENT_MAX);
	if (keys_init(e) == -1 || load_keyring(j->keyring, &signers, e) == -1 ||
	    file_load(j->file, &b, e) == -1)
		goto done;
	w.signers = &signers;
	if (verdict_verify(b.data, b.len, &w, &v, e) == -1) {
		if (e->kind == ERR_DAMAGED || e->kind == ERR_DENIED)
			status = CMD_NO;
		goto done;
	}
	if (say_verdict_read(&v, e) == 0)
		status = v.go ? CMD_YES : CMD_NO;
done:
	buf_drop(&b);
	return status;
}
