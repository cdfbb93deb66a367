/* A bounded queue between threads. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/queue.h"

#define ITEMS 20000
#define THREADS 4

static void
items_come_out_in_order(void **state)
{
	struct queue *q;
	struct err e;
	int item[3];
	int round, i;

	(void)state;
	assert_non_null(q = queue_new(3, &e));
	for (round = 0; round < 5; round++) {
		for (i = 0; i < 3; i++)
			assert_true(queue_push(q, &item[i]));
		for (i = 0; i < 3; i++)
			assert_ptr_equal(queue_pop(q), &item[i]);
	}
	queue_free(q);
	queue_free(NULL);
}

static void
a_closed_queue_is_drained_and_takes_nothing(void **state)
{
	struct queue *q;
	struct err e;
	int item;

	(void)state;
	assert_non_null(q = queue_new(2, &e));
	assert_true(queue_push(q, &item));
	queue_close(q);
	assert_false(queue_push(q, &item));
	assert_ptr_equal(queue_pop(q), &item);
	assert_null(queue_pop(q));
	assert_null(queue_pop(q));
	queue_free(q);
}

static void
an_impossible_size_is_out_of_memory(void **state)
{
	struct err e;

	(void)state;
	assert_null(queue_new(SIZE_MAX, &e));
	assert_int_equal(e.kind, ERR_MEMORY);
}

static int	seen[ITEMS];

static void *
work(void *arg)
{
	struct queue *q = arg;
	int *item;

	while ((item = queue_pop(q)) != NULL)
		__atomic_add_fetch(item, 1, __ATOMIC_RELAXED);
	return NULL;
}

static void
many_threads_get_every_item_once(void **state)
{
	pthread_t t[THREADS];
	struct queue *q;
	struct err e;
	int i;

	(void)state;
	assert_non_null(q = queue_new(5, &e));
	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&t[i], NULL, work, q), 0);
	for (i = 0; i < ITEMS; i++)
		assert_true(queue_push(q, &seen[i]));
	queue_close(q);
	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(t[i], NULL), 0);
	for (i = 0; i < ITEMS; i++)
		assert_int_equal(seen[i], 1);
	queue_free(q);
}

static void *
push_one(void *arg)
{
	return queue_push(arg, arg) ? arg : NULL;
}

static void
closing_wakes_who_waits_for_room(void **state)
{
	pthread_t t[THREADS];
	struct queue *q;
	struct err e;
	void *taken;
	int i;

	(void)state;
	assert_non_null(q = queue_new(1, &e));
	assert_true(queue_push(q, q));
	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&t[i], NULL, push_one, q), 0);
	queue_close(q);
	for (i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(t[i], &taken), 0);
		assert_null(taken);
	}
	queue_free(q);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(items_come_out_in_order),
		cmocka_unit_test(a_closed_queue_is_drained_and_takes_nothing),
		cmocka_unit_test(an_impossible_size_is_out_of_memory),
		cmocka_unit_test(many_threads_get_every_item_once),
		cmocka_unit_test(closing_wakes_who_waits_for_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
