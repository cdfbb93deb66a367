/*
 * usage: index_scale FOLDER CHUNKS
 *
 * Fill an index with so many chunks, in packs of 16,384, then open it again
 * and look chunks up from eight threads; then write packs that have nothing but
 * the directories of these chunks into a store, and build the index anew from
 * it.  Says how long each takes and how much memory is the process' own.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "pack/inside.h"
#include "store/store.h"

#define PER_PACK 16384u
#define SEALED 400u
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

/* Call each for every pack. */
static void
make_packs(void (*each)(const struct id *, const struct pack_directory *))
{
	static const struct pack_slot slot;
	struct pack_directory d = { .n = PER_PACK };
	struct buf keys;
	struct id sha256;
	struct err e;

	buf_init(&keys, 4096);
	if (pack_keys_build(&slot, 1, &keys, &e) == -1)
		die(&e);
	d.keys = keys.data;
	d.keys_len = keys.len;
	if ((d.v = calloc(PER_PACK, sizeof(*d.v))) == NULL)
		exit(2);
	for (uint64_t p = 0; p < packs; p++) {
		for (uint32_t i = 0; i < PER_PACK; i++)
			d.v[i] = (struct pack_entry){
				.id = id_of(p * PER_PACK + i),
				.offset = PACK_HEADER_SIZE +
				    (uint64_t)i * SEALED,
				.sealed = SEALED, .opened = 1000, .number = i,
				.coding = PACK_ZSTD,
			};
		sha256 = id_of(UINT64_MAX - p);
		each(&sha256, &d);
	}
	free(d.v);
	buf_drop(&keys);
}

static void
fill(const struct id *sha256, const struct pack_directory *d)
{
	struct err e;

	if (index_add(ix, sha256, 32u << 20, d, &e) == -1)
		die(&e);
}

/* A file with a hole where the chunks would be. */
static void
write_pack(const struct id *sha256, const struct pack_directory *d)
{
	const uint64_t end = PACK_HEADER_SIZE + (uint64_t)PER_PACK * SEALED;
	uint8_t header[PACK_HEADER_SIZE];
	char name[PACK_NAME_SIZE];
	struct buf b;
	struct err e;
	int fd;

	(void)pack_name(sha256, name);
	name[strlen("packs/ab")] = '\0';
	(void)mkdir(name, 0700);
	(void)pack_name(sha256, name);
	pack_header(header);
	buf_init(&b, PACK_DIRECTORY_MAX + PACK_TRAILER_SIZE);
	if (pack_end_build(end, d, &b, &e) == -1)
		die(&e);
	if ((fd = open(name, O_WRONLY | O_CREAT, 0600)) == -1 ||
	    pwrite(fd, header, sizeof(header), 0) != sizeof(header) ||
	    pwrite(fd, b.data, b.len, (off_t)end) != (ssize_t)b.len ||
	    close(fd) == -1) {
		perror(name);
		exit(2);
	}
	buf_drop(&b);
}

static atomic_bool built;
static unsigned long most;

static void *
watch_memory(void *cookie)
{
	const struct timespec pause = { .tv_nsec = 20000000 };
	unsigned long now;

	while (!atomic_load(&built)) {
		if ((now = own_memory()) > most)
			most = now;
		(void)nanosleep(&pause, NULL);
	}
	return cookie;
}

/* The current folder becomes a store, and the index that of it. */
static void
build_anew(void)
{
	struct index_options o = { .folder = "anew", .store = "bench" };
	struct store *store;
	pthread_t thread;
	struct err e;
	int64_t begun;
	size_t bad;

	if (mkdir("packs", 0700) == -1)
		exit(2);
	make_packs(write_pack);
	if ((store = store_open(".", &e)) == NULL ||
	    (ix = index_open(&o, &e)) == NULL)
		die(&e);
	if (pthread_create(&thread, NULL, watch_memory, NULL) != 0)
		exit(2);
	begun = clock_monotonic();
	if (index_sync(ix, store, &bad, &e) == -1)
		die(&e);
	atomic_store(&built, true);
	(void)pthread_join(thread, NULL);
	printf("built anew from %llu packs in %.1f s, %zu of them bad, at most "
	    "%lu MB of memory\n", (unsigned long long)packs, seconds(begun),
	    bad, most);
	index_close(ix);
	store_close(store);
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
	index_hurry(ix);
	make_packs(fill);
	if (index_settle(ix, &e) == -1)
		die(&e);
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
	if (chdir(argv[1]) == -1)
		return 2;
	build_anew();
	return 0;
}
