/*
 * Chunks of a store in a temporary folder: see live_chunks.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/scratch.h"
#include "crypto/charter.h"
#include "live_chunks.h"
#include "store/store.h"

static void
must(int ok, const struct err *e)
{
	if (!ok)
		fail_msg("%s", e->text);
}

static void
open_again(struct live_chunks *l)
{
	char index[512];
	struct chunks_options o = { .store = l->store, .charter = l->charter,
	    .secret = l->secret, .recovery = l->recovery, .index = index,
	    .writable = true };
	struct err e = { 0 };

	(void)snprintf(index, sizeof(index), "%s/index",
	    scratch_path(l->scratch));
	chunks_close(l->chunks);
	must((l->chunks = chunks_open(&o, &e)) != NULL, &e);
}

static void
found(struct live_chunks *l)
{
	struct charter_signer signer = { .name = "test", .roles = ROLE_ALL };
	struct charter_founding f = { .secret = l->secret,
	    .root = l->recovery, .signer = &signer };
	struct signer *key;
	struct err e = { 0 };
	struct buf out;

	buf_init(&out, 1 << 20);
	must((key = signer_new(&e)) != NULL, &e);
	signer_public(key, signer.public);
	must(charter_found(l->charter, &f, &out, &e) == 0, &e);
	signer_free(key);
	buf_drop(&out);
}

void
live_chunks_open(struct live_chunks *l)
{
	const char *tmp = getenv("TMPDIR");
	struct err e = { 0 };
	char path[512];

	*l = (struct live_chunks){ 0 };
	must(keys_init(&e) == 0, &e);
	l->scratch = scratch_new(tmp != NULL ? tmp : "/tmp", &e);
	must(l->scratch != NULL, &e);
	must((l->secret = store_secret_new(&e)) != NULL, &e);
	must((l->recovery = recovery_key_new(&e)) != NULL, &e);
	assert_non_null(l->charter = calloc(1, sizeof(*l->charter)));
	found(l);
	(void)snprintf(path, sizeof(path), "%s/store",
	    scratch_path(l->scratch));
	must(store_create(path, &e) == 0, &e);
	must((l->store = store_open(path, &e)) != NULL, &e);
	open_again(l);
}

void
live_chunks_close(struct live_chunks *l)
{
	chunks_close(l->chunks);
	store_close(l->store);
	store_secret_free(l->secret);
	recovery_key_free(l->recovery);
	free(l->charter);
	scratch_free(l->scratch);
	*l = (struct live_chunks){ 0 };
}

static int
biggest(void *cookie, const struct store_info *info, struct err *e)
{
	struct store_info *most = cookie;

	(void)e;
	if (info->size > most->size)
		*most = *info;
	return 0;
}

void
live_chunks_damage(struct live_chunks *l)
{
	struct store_info most = { .size = 0 };
	struct err e = { 0 };
	char path[1024];
	uint8_t b;
	int fd;

	must(store_list(l->store, "packs/", biggest, &most, &e) == 0, &e);
	assert_true(most.size > 0);
	(void)snprintf(path, sizeof(path), "%s/store/%s",
	    scratch_path(l->scratch), most.name);
	(void)chmod(path, 0600);
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_int_not_equal(fd, -1);
	assert_int_equal(pread(fd, &b, 1, (off_t)most.size / 2), 1);
	b ^= 1;
	assert_int_equal(pwrite(fd, &b, 1, (off_t)most.size / 2), 1);
	assert_int_equal(close(fd), 0);
	open_again(l);
}
