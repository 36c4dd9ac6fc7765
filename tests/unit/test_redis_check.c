/* What a check says of a redis.url that this build can't follow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "config/config.h"
#include "pipeline/redis/check.h"
#include "pipeline/redis/library.h"
#include "tests/unit/config_check.h"

static void
without_tls_every_build_serves(void **state)
{
    static const char *const overrides[] = {
        "redis.url=redis://localhost/3", "redis.url=unix:/run/redis.sock", "workers=2"};
    struct buffer out;

    (void)state;
    for (size_t i = 0; i < sizeof(overrides) / sizeof(overrides[0]); i++) {
        if (!config_check(overrides[i], redis_check, &out))
            fail_msg("%s: %s", overrides[i], out.bytes);
        buffer_fini(&out);
    }
}

static void
tls_is_refused_where_it_is_not_built_in(void **state)
{
    struct buffer out;

    (void)state;
    assert_int_equal(
        config_check("redis.url=rediss://localhost", redis_check, &out), redis_library_has_tls());
    if (!redis_library_has_tls())
        assert_non_null(strstr(out.bytes, "rediss:// needs hiredis with TLS"));
    buffer_fini(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_tls_every_build_serves),
        cmocka_unit_test(tls_is_refused_where_it_is_not_built_in),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
