#ifndef KEYS_KIT_H
#define KEYS_KIT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Fixed keys and small files for tests of keys and what they sign. */

struct recovery_key;
struct signer;
struct store_secret;

/* 32 bytes that count up from `first`. */
void	kit_seed(uint8_t first, uint8_t [32]);

/* Keys of such seeds: always the same ones.  The caller's. */
struct store_secret	*kit_secret(uint8_t first);
struct signer		*kit_signer(uint8_t first);
struct recovery_key	*kit_recovery(uint8_t first);

/* A temporary folder that becomes the working directory, and its removal. */
int	kit_enter(void **);
int	kit_leave(void **);

/* Make a file of these bytes and this mode, over any there is. */
void	kit_write(const char *path, const void *, size_t, mode_t);

/* Read at most size bytes of a file. */
size_t	kit_read(const char *path, void *, size_t size);

/* 2 * n hexadecimal digits. */
void	kit_unhex(const char *, uint8_t *, size_t n);

#endif
