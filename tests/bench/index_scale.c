/*
 * usage: index_scale FOLDER CHUNKS
 *
 * Fill an index with so many chunks, in packs of 65,536, then open it again
 * and look chunks up from eight threads; say how long each takes and how much
 * memory is the process' own.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "pack/index.h"

#define PER_PACK 65536u
#define THREADS 8
#define LOOKUPS 100000u

static uint64_t packs;
static struct index *ix;

static void
die(const struct err *e)
{
	fprintf(stderr, "index_scale: %s\n", e->text);
	exit(2);
}

/* The id of the nth chunk; a digest has no order, so neither has this. */
static struct id
id_of(uint64_t n)
{
	struct id id;
	uint64_t v = n;

	for (size_t i = 0; i < ID_SIZE; i += 8) {
		v = (v + 0x9e3779b97f4a7c15) * 0xbf58476d1ce4e5b9;
		v ^= v >> 29;
		memcpy(id.b + i, &v, 8);
	}
	return id;
}

static double
seconds(int64_t since)
{
	return (double)(clock_monotonic() - since) / 1e9;
}

/* Anonymous memory in MB, without the pages of the mapped index. */
static unsigned long
own_memory(void)
{
	unsigned long kb = 0;
	char line[256];
	FILE *f = fopen("/proc/self/status", "r");

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "RssAnon: %lu kB", &kb) == 1)
			break;
	if (f != NULL)
		(void)fclose(f);
	return kb / 1024;
}

static void
fill(void)
{
	static uint8_t keys[4];
	struct pack_directory d = { .keys = keys, .keys_len = sizeof(keys) };
	struct id sha256;
	struct err e;

	if ((d.v = calloc(PER_PACK, sizeof(*d.v))) == NULL)
		exit(2);
	d.n = PER_PACK;
	for (uint64_t p = 0; p < packs; p++) {
		for (uint32_t i = 0; i < PER_PACK; i++)
			d.v[i] = (struct pack_entry){
				.id = id_of(p * PER_PACK + i),
				.offset = 16 + (uint64_t)i * 400,
				.sealed = 400, .opened = 1000, .number = i,
				.coding = PACK_ZSTD,
			};
		sha256 = id_of(UINT64_MAX - p);
		if (index_add(ix, &sha256, 32u << 20, &d, &e) == -1)
			die(&e);
	}
	free(d.v);
}

static void *
look_up(void *cookie)
{
	uint64_t n = (uint64_t)(uintptr_t)cookie * 7919;
	struct place v[INDEX_PLACES_MAX];
	struct id id;
	struct err e;

	for (uint32_t i = 0; i < LOOKUPS; i++) {
		n = (n * 6364136223846793005 + 1442695040888963407);
		id = id_of((n >> 20) % (packs * PER_PACK));
		if (index_find(ix, &id, 1000, v, &e) != 1) {
			fprintf(stderr, "index_scale: a chunk is lost\n");
			exit(1);
		}
	}
	return NULL;
}

int
main(int argc, char *argv[])
{
	struct index_options o = { .store = "bench" };
	pthread_t thread[THREADS];
	struct err e;
	int64_t begun;

	if (argc != 3)
		return 64;
	o.folder = argv[1];
	packs = strtoull(argv[2], NULL, 10) / PER_PACK + 1;
	begun = clock_monotonic();
	if ((ix = index_open(&o, &e)) == NULL)
		die(&e);
	fill();
	index_close(ix);
	printf("%llu chunks filled in %.1f s\n",
	    (unsigned long long)packs * PER_PACK, seconds(begun));
	begun = clock_monotonic();
	if ((ix = index_open(&o, &e)) == NULL)
		die(&e);
	printf("opened in %.3f s, %lu MB of memory\n", seconds(begun),
	    own_memory());
	begun = clock_monotonic();
	for (size_t i = 0; i < THREADS; i++)
		if (pthread_create(&thread[i], NULL, look_up,
		    (void *)(uintptr_t)(i + 1)) != 0)
			return 2;
	for (size_t i = 0; i < THREADS; i++)
		(void)pthread_join(thread[i], NULL);
	printf("%u look-ups by %d threads: %.2f us each, %lu MB of memory\n",
	    THREADS * LOOKUPS, THREADS,
	    seconds(begun) * 1e6 / (THREADS * LOOKUPS), own_memory());
	index_close(ix);
	return 0;
}
