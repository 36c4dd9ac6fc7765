/* SHA-256 by OpenSSL. */
#include "config/base/sha256.h"

#include <stdlib.h>

#include <openssl/evp.h>

#include "config/base/check.h"

struct sha256 {
    EVP_MD *algorithm;
    EVP_MD_CTX *context;
};

struct sha256 *
sha256_new(void)
{
    struct sha256 *sha256 = calloc(1, sizeof(*sha256));

    CHECK(sha256 != NULL);
    sha256->algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
    CHECK(sha256->algorithm != NULL);
    sha256->context = EVP_MD_CTX_new();
    CHECK(sha256->context != NULL);
    return sha256;
}

void
sha256_free(struct sha256 *sha256)
{
    if (sha256 == NULL)
        return;
    EVP_MD_CTX_free(sha256->context);
    EVP_MD_free(sha256->algorithm);
    free(sha256);
}

void
sha256_digest(struct sha256 *sha256, const struct text *parts, uint32_t count,
    uint8_t ret_digest[SHA256_BYTES])
{
    unsigned int bytes = 0;

    CHECK(EVP_DigestInit_ex(sha256->context, sha256->algorithm, NULL) == 1);
    for (uint32_t i = 0; i < count; i++)
        CHECK(EVP_DigestUpdate(sha256->context, parts[i].bytes, parts[i].length) == 1);
    CHECK(EVP_DigestFinal_ex(sha256->context, ret_digest, &bytes) == 1);
    CHECK(bytes == SHA256_BYTES);
}
