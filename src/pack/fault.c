/*
 * The first error of a thread, kept for others: see fault.h.
 */
#include "pack/fault.h"

void
fault_init(struct fault *f)
{
	(void)pthread_mutex_init(&f->lock, NULL);
	atomic_init(&f->raised, false);
	err_clear(&f->err);
}

void
fault_drop(struct fault *f)
{
	(void)pthread_mutex_destroy(&f->lock);
}

void
fault_raise(struct fault *f, const struct err *e)
{
	(void)pthread_mutex_lock(&f->lock);
	if (!atomic_load(&f->raised)) {
		f->err = *e;
		atomic_store(&f->raised, true);
	}
	(void)pthread_mutex_unlock(&f->lock);
}

int
fault_check(struct fault *f, struct err *e)
{
	if (!atomic_load(&f->raised))
		return 0;
	*e = f->err;	/* written once, before raised was */
	return -1;
}
