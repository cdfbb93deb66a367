#include <sys/stat.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/file.h"
#include "base/num.h"
#include "crypto/keys_internal.h"
#include "keys_kit.h"

static char home[64];

void
kit_seed(uint8_t first, uint8_t seed[32])
{
	size_t i;

	for (i = 0; i < 32; i++)
		seed[i] = (uint8_t)(first + i);
}

struct store_secret *
kit_secret(uint8_t first)
{
	uint8_t seed[32];
	struct err e;

	kit_seed(first, seed);
	return store_secret_from(seed, &e);
}

struct signer *
kit_signer(uint8_t first)
{
	uint8_t seed[32];
	struct err e;

	kit_seed(first, seed);
	return signer_from(seed, &e);
}

struct recovery_key *
kit_recovery(uint8_t first)
{
	uint8_t seed[32];
	struct err e;

	kit_seed(first, seed);
	return recovery_key_from(seed, NULL, &e);
}

int
kit_enter(void **state)
{
	(void)state;
	(void)snprintf(home, sizeof(home), "/tmp/muster-test-XXXXXX");
	return mkdtemp(home) == NULL ? -1 : chdir(home);
}

int
kit_leave(void **state)
{
	struct err e;

	(void)state;
	return chdir("/") == -1 ? -1 : file_remove_tree(home, &e);
}

void
kit_write(const char *path, const void *p, size_t n, mode_t mode)
{
	FILE *f;

	(void)unlink(path);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, mode), 0);
}

size_t
kit_read(const char *path, void *p, size_t size)
{
	FILE *f;
	size_t n;

	f = fopen(path, "r");
	assert_non_null(f);
	n = fread(p, 1, size, f);
	assert_int_equal(fclose(f), 0);
	return n;
}

void
kit_unhex(const char *text, uint8_t *out, size_t n)
{
	assert_int_equal(strlen(text), 2 * n);
	assert_int_equal(num_unhex(text, out, n), 0);
}
