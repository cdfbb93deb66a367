/*
 * Being asked to stop: the handler only remembers which signal came first;
 * long loops ask intr_check() and leave by their ordinary error path, so that
 * everything is undone as after any other error.
 */
#include <signal.h>
#include <stdatomic.h>
#include <string.h>

#include "base/err.h"
#include "base/intr.h"

static atomic_int asked;		/* lock-free: threads look at it, too */

static void
remember(int sig)
{
	int none = 0;

	(void)atomic_compare_exchange_strong(&asked, &none, sig);
}

void
intr_watch(void)
{
	static const int stop[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction a, before;
	sigset_t set;
	size_t i;

	memset(&a, 0, sizeof(a));
	(void)sigemptyset(&a.sa_mask);
	(void)sigemptyset(&set);
	a.sa_handler = remember;	/* no SA_RESTART: waits must end */
	for (i = 0; i < sizeof(stop) / sizeof(stop[0]); i++) {
		/* nohup means it: a run may outlive its terminal */
		if (stop[i] == SIGHUP &&
		    sigaction(SIGHUP, NULL, &before) == 0 &&
		    before.sa_handler == SIG_IGN)
			continue;
		(void)sigaction(stop[i], &a, NULL);
		(void)sigaddset(&set, stop[i]);
	}
	a.sa_handler = SIG_IGN;
	(void)sigaction(SIGPIPE, &a, NULL);

	/*
	 * Whoever started us may have left these in a state in which we could
	 * not be stopped, or in which the status of our children is lost.
	 */
	a.sa_handler = SIG_DFL;
	(void)sigaction(SIGCHLD, &a, NULL);
	(void)sigaddset(&set, SIGCHLD);
	(void)sigprocmask(SIG_UNBLOCK, &set, NULL);
}

int
intr_pending(void)
{
	return asked;
}

int
intr_check(struct err *e)
{
	if (asked == 0)
		return 0;
	return err_set(e, ERR_INTERRUPTED, "interrupted by %s",
	    asked == SIGINT ? "SIGINT" : asked == SIGTERM ? "SIGTERM"
	    : "SIGHUP");
}
