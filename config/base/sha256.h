#ifndef FOOTPRINT_BASE_SHA256_H
#define FOOTPRINT_BASE_SHA256_H

/*
 * SHA-256 over several texts, one after another as if they were one.
 *
 * A struct sha256 holds OpenSSL's context, so that a digest allocates nothing; it is for one
 * thread at a time.
 */

#include <stdint.h>

#include "config/base/text.h"

#define SHA256_BYTES 32

struct sha256;

struct sha256 *sha256_new(void);
void sha256_free(struct sha256 *sha256); /* NULL is fine */

void sha256_digest(struct sha256 *sha256, const struct text *parts, uint32_t count,
    uint8_t ret_digest[SHA256_BYTES]);

#endif
