/*
 * A node of a Galera cluster as the source.
 *
 * A node shows what it has applied, which may be less than the cluster has
 * committed: so before the point is taken it is waited for, as the cluster's
 * own clients do it (wsrep_sync_wait).  A node that is cut off shows the past,
 * or nothing, and is refused.
 *
 * Nothing is set for the whole node.  wsrep_desync would let it fall behind
 * instead of slowing down the cluster while its rows are read, but would stay
 * if this process were killed.  Where commits are held for a moment, BACKUP
 * STAGE takes the node out of flow control by itself, and puts it back.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "db/conn.h"
#include "db/db.h"
#include "db/galera.h"

struct node {
	char	ready[16], status[32], state[8], comment[32];
	char	uuid[48], seqno[24];
};

/* Take the value of a status variable, if it is one of these. */
static void
take(struct node *n, const char *name, const char *value)
{
	const struct {
		const char	*name;
		char		*to;
		size_t		 size;
	} all[] = {
		{ "wsrep_ready", n->ready, sizeof(n->ready) },
		{ "wsrep_cluster_status", n->status, sizeof(n->status) },
		{ "wsrep_local_state", n->state, sizeof(n->state) },
		{ "wsrep_local_state_comment", n->comment,
		    sizeof(n->comment) },
		{ "wsrep_cluster_state_uuid", n->uuid, sizeof(n->uuid) },
		{ "wsrep_last_committed", n->seqno, sizeof(n->seqno) },
	};
	size_t i;

	for (i = 0; value != NULL && i < sizeof(all) / sizeof(all[0]); i++)
		if (strcasecmp(name, all[i].name) == 0)
			(void)snprintf(all[i].to, all[i].size, "%s", value);
}

static int
read_node(struct conn *c, struct node *n, struct err *e)
{
	struct rows r = { 0 };
	int rc;

	*n = (struct node){ 0 };
	if (rows_query(&r, c, "SHOW GLOBAL STATUS LIKE 'wsrep%'", e) == -1)
		return -1;
	while ((rc = rows_next(&r, e)) == 1)
		take(n, r.v[0], r.v[1]);
	rows_free(&r);
	return rc;
}

/* 1, 0; a server that was built without Galera has no such variable. */
static int
is_node(struct conn *c, struct err *e)
{
	struct rows r = { 0 };
	int rc;

	if (rows_query(&r, c, "SHOW GLOBAL VARIABLES LIKE 'wsrep_on'",
	    e) == -1)
		return -1;
	if ((rc = rows_next(&r, e)) == 1)
		rc = r.v[1] != NULL && strcasecmp(r.v[1], "ON") == 0;
	rows_free(&r);
	return rc;
}

/* Synced, or taken out of flow control by somebody: both get all there is. */
static bool
is_whole(const struct node *n)
{
	return strcasecmp(n->ready, "ON") == 0 &&
	    strcasecmp(n->status, "Primary") == 0 &&
	    (strcmp(n->state, "4") == 0 || strcmp(n->state, "2") == 0);
}

int
galera_wait(struct conn *c, struct db_point *p, struct err *e)
{
	struct node n;
	int rc;

	p->cluster[0] = '\0';
	if ((rc = is_node(c, e)) != 1)
		return rc;
	if (read_node(c, &n, e) == -1)
		return -1;
	if (!is_whole(&n))
		return err_set(e, ERR_REMOTE, "the server is a Galera node "
		    "that is not whole: its component is %s, its state %s: "
		    "expected Primary and Synced", n.status, n.comment);
	if (conn_exec(c, "SET SESSION wsrep_sync_wait=1", e) == -1)
		return -1;
	if (conn_exec(c, "SELECT 1", e) == -1) {
		e->kind = ERR_REMOTE;
		return err_add(e, "the server is a Galera node that does not "
		    "catch up with its cluster");
	}
	if (conn_exec(c, "SET SESSION wsrep_sync_wait=0", e) == -1 ||
	    read_node(c, &n, e) == -1)
		return -1;
	(void)snprintf(p->cluster, sizeof(p->cluster), "%s:%s", n.uuid,
	    n.seqno);
	return 0;
}
