/* Deterministic content for tests. */
#include <string.h>

#include "noise.h"

static uint64_t
next(uint64_t *x)
{
	uint64_t z = *x += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

void
noise_fill(void *out, size_t n, uint64_t seed)
{
	uint8_t *p = out;
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++, v >>= 8) {
		if (i % 8 == 0)
			v = next(&seed);
		p[i] = (uint8_t)v;
	}
}

void
noise_text(void *out, size_t n, uint64_t seed)
{
	static const char *const words[16] = { "invoice", "customer", "paid",
		"2026-01-31", "draft", "0.00", "item", "warehouse", "\t", "\n",
		"Administrator", "tax", "1", "submitted", "NULL", "ledger" };
	uint8_t *p = out;
	uint64_t v = 0;
	size_t done = 0, len;
	const char *word;
	int left = 0;

	while (done < n) {
		if (left == 0) {
			v = next(&seed);
			left = 16;
		}
		word = words[v & 15];
		v >>= 4;
		left--;
		len = strlen(word) + 1;
		if (len > n - done)
			len = n - done;
		memcpy(p + done, word, len);
		p[done + len - 1] = ' ';
		done += len;
	}
}
