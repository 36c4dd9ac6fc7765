/* What footprintd -V says. */
#include "daemon/version.h"

#include <inttypes.h>
#include <microhttpd.h>
#include <stdint.h>
#include <stdio.h>
#include <uv.h>

#include "pipeline/kafka/library.h"
#include "pipeline/redis/library.h"

#ifdef __OPTIMIZE__
#define VERSION_OPTIMIZED "optimized"
#else
#define VERSION_OPTIMIZED "not optimized"
#endif

#ifdef __SANITIZE_ADDRESS__
#define VERSION_SANITIZED ", address sanitizer"
#elif defined(__SANITIZE_THREAD__)
#define VERSION_SANITIZED ", thread sanitizer"
#else
#define VERSION_SANITIZED ""
#endif

/* Three bytes of a number that has major, minor and revision in it from `shift` up. */
static void
version_library(const char *name, uint32_t built, unsigned shift, const char *loaded)
{
    printf("%-14s built with %u.%u.%u, loaded %s\n", name, (built >> (shift + 16)) & 0xff,
        (built >> (shift + 8)) & 0xff, (built >> shift) & 0xff, loaded);
}

void
version_print(void)
{
    printf("footprintd " FOOTPRINT_VERSION "\n");
    printf("%-14s %s, " VERSION_OPTIMIZED VERSION_SANITIZED "\n", "compiler", __VERSION__);
    version_library("librdkafka", kafka_library_built(), 8, kafka_library_loaded());
    version_library("libuv", UV_VERSION_HEX, 0, uv_version_string());
    /* The digits of its number are decimal ones: 0x00097502. */
    printf("%-14s built with %x.%x.%x, loaded %s\n", "libmicrohttpd", (MHD_VERSION >> 24) & 0xff,
        (MHD_VERSION >> 16) & 0xff, (MHD_VERSION >> 8) & 0xff, MHD_get_version());
    printf("%-14s built with %s, %s TLS\n", "hiredis", redis_library_built(),
        redis_library_has_tls() ? "with" : "without");
}
