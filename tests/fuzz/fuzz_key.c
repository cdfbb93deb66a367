/*
 * Any bytes are a key file, or are refused with one line that does not hold
 * its third line.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "crypto/guard.h"
#include "crypto/key_file.h"
#include "crypto/key_info.h"
#include "crypto/keys.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
refused(const struct err *e)
{
	if ((e->kind != ERR_DAMAGED && e->kind != ERR_UNSUPPORTED &&
	    e->kind != ERR_DENIED && e->kind != ERR_INPUT) ||
	    e->text[0] == '\0' || strchr(e->text, '\n') != NULL)
		abort();
}

static void
try_text(const uint8_t *data, size_t size)
{
	struct key_file f;
	uint8_t *secret;
	struct err e;

	err_clear(&e);
	if (key_file_parse(&f, data, size, &e) == -1) {
		refused(&e);
		return;
	}
	if (f.bound >= f.len || f.secret != f.text + f.bound ||
	    f.bound + f.secret_len + 1 != f.len)
		abort();
	for (size_t n = 32; n <= 64; n += 32) {
		if ((secret = key_file_open_checked(&f, n, &e)) == NULL)
			refused(&e);
		guard_free(secret);
	}
	key_file_drop(&f);
}

/* The same as a file, without a passphrase: its parameters are read. */
static void
try_file(const uint8_t *data, size_t size)
{
	int fd = memfd_create("key", 0);
	struct recovery_key *r;
	struct writer_key *w;
	struct key_info i;
	char path[64];
	struct err e;

	if (fd == -1 || fchmod(fd, 0600) == -1 ||
	    write(fd, data, size) != (ssize_t)size)
		abort();
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	err_clear(&e);
	if ((r = recovery_key_load(path, NULL, &e)) == NULL)
		refused(&e);
	recovery_key_free(r);
	if ((w = writer_key_load(path, &e)) == NULL)
		refused(&e);
	writer_key_free(w);
	if (key_info_load(&i, path, &e) == -1)
		refused(&e);
	(void)close(fd);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e;

	if (keys_init(&e) == -1)
		abort();
	try_text(data, size);
	try_file(data, size);
	return 0;
}
