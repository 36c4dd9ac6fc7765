/* What librdkafka says of kafka.properties before anything starts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "config/config.h"
#include "pipeline/kafka/properties.h"
#include "tests/unit/config_check.h"

#define PREFIX "kafka.properties."

static void
expect_refused(const char *override, const char *part)
{
    struct buffer out;

    assert_false(config_check(override, kafka_properties_check, &out));
    if (strstr(out.bytes, part) == NULL)
        fail_msg("%s: %s", override, out.bytes);
    buffer_fini(&out);
}

static void
what_librdkafka_knows_is_taken(void **state)
{
    static const char *const overrides[] = {PREFIX "linger.ms=50", PREFIX "compression.type=zstd",
        PREFIX "socket.keepalive.enable=true", PREFIX "fetch.wait.max.ms=10",
        PREFIX "security.protocol=plaintext"};
    struct buffer out;

    (void)state;
    for (size_t i = 0; i < sizeof(overrides) / sizeof(overrides[0]); i++) {
        if (!config_check(overrides[i], kafka_properties_check, &out))
            fail_msg("%s: %s", overrides[i], out.bytes);
        buffer_fini(&out);
    }
}

static void
what_it_does_not_know_is_refused_with_a_guess(void **state)
{
    (void)state;
    expect_refused(
        PREFIX "linger.mss=5", "has no property 'linger.mss'; did you mean 'linger.ms'?");
    expect_refused(PREFIX "qqqqqqqqqqqqqqqqqqqqqqqqqq=5", "its CONFIGURATION.md lists them");
    expect_refused(PREFIX "linger.ms=abc",
        "--set kafka.properties.linger.ms=abc: librdkafka does not take this: Invalid value");
    expect_refused(PREFIX "security.protocol=tls", "security.protocol");
}

static void
what_does_not_go_together_is_refused_at_its_place(void **state)
{
    (void)state;
    expect_refused(PREFIX "message.timeout.ms=900000",
        "--set kafka.properties.message.timeout.ms=900000: librdkafka does not take this: "
        "`message.timeout.ms` must be set <= `transaction.timeout.ms`");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_librdkafka_knows_is_taken),
        cmocka_unit_test(what_it_does_not_know_is_refused_with_a_guess),
        cmocka_unit_test(what_does_not_go_together_is_refused_at_its_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
