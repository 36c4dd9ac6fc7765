/* The numbers as Prometheus reads them and as they stand on the metrics topic. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "daemon/metrics_json.h"
#include "daemon/metrics_otlp.h"
#include "daemon/metrics_text.h"
#include "tests/unit/daemon_rig.h"

static struct counters counters;
static const struct metrics_view view = {&rig_config, &counters, &rig_process};
static struct buffer text;

static int
begin(void **state)
{
    (void)state;
    rig_count(&counters);
    buffer_init(&text);
    return 0;
}

static int
end(void **state)
{
    (void)state;
    counters_fini(&counters);
    buffer_fini(&text);
    return 0;
}

static void
assert_says(const char *line)
{
    if (memmem(text.bytes, text.length, line, strlen(line)) == NULL)
        fail_msg("'%s' is not in:\n%.*s", line, (int)text.length, text.bytes);
}

static void
each_kind_of_row_has_its_form(void **state)
{
    (void)state;
    metrics_text(&view, &text);
    assert_says("# TYPE footprint_events_total counter\nfootprint_events_total 9007199254740993\n");
    assert_says("footprint_rejects_total{reason=\"no_user\"} 7\n");
    assert_says("footprint_segment_members{segment=\"cart_abandoner\"} 5\n");
    assert_says("footprint_delay_seconds_bucket{le=\"0.0025\"} 0\n");
    assert_says("footprint_delay_seconds_bucket{le=\"0.005\"} 1\n");
    assert_says("footprint_delay_seconds_bucket{le=\"+Inf\"} 2\n");
    assert_says("footprint_delay_seconds_count 2\n");
    assert_says("footprint_redis_round_trip_seconds_sum 0.5\n");
    assert_says("footprint_partition_state{partition=\"3\",state=\"live\"} 1\n");
    assert_says("footprint_partition_lag_messages{partition=\"3\"} 12\n");
    assert_says("footprint_partition_stalled{partition=\"3\"} 1\n");
    assert_says(
        "footprint_partition_watermark_timestamp_seconds{partition=\"3\"} 1795514250.167\n");
    assert_says("footprint_config_info{instance_name=\"web-1\",rules=\"9f2c41d0\"");
    assert_says("footprint_resident_memory_bytes 73940992\n");
}

static void
a_watermark_that_is_not_there_is_left_out(void **state)
{
    static const char line[] = "footprint_partition_watermark_timestamp_seconds{partition=\"4\"}";

    (void)state;
    metrics_text(&view, &text);
    assert_null(memmem(text.bytes, text.length, line, sizeof(line) - 1));
}

static void
promtool_finds_nothing(void **state)
{
    FILE *promtool;

    (void)state;
    if (system("command -v promtool >/dev/null") != 0) {
        print_message("skipped: promtool is not installed\n");
        skip();
    }
    metrics_text(&view, &text);
    promtool = popen("promtool check metrics", "w");
    assert_non_null(promtool);
    fwrite(text.bytes, 1, text.length, promtool);
    assert_int_equal(pclose(promtool), 0);
}

static void
the_record_has_the_same_names_and_labels(void **state)
{
    (void)state;
    metrics_json(&view, 1795514250167, &text);
    assert_says("{\"instance\":\"web-1\",\"version\":\"" FOOTPRINT_VERSION
                "\",\"at\":\"2026-11-24T09:57:30.167Z\",\"metrics\":[{\"name\":");
    assert_says("{\"name\":\"footprint_events_total\",\"labels\":{},\"value\":9007199254740993}");
    assert_says("{\"name\":\"footprint_partition_state\",\"labels\":{\"partition\":\"3\","
                "\"state\":\"live\"},\"value\":1}");
    assert_says("{\"count\":1,\"sum\":0.5,\"buckets\":[");
    assert_says("\"value\":{\"count\":2,\"sum\":99.003,\"buckets\":[[0.0005,0],");
    assert_says("[60,1],[\"+Inf\",2]]}}");
    assert_int_equal(text.bytes[text.length - 1], '}');
}

static void
opentelemetry_gets_the_same_numbers(void **state)
{
    (void)state;
    metrics_otlp(&view, 1795514250167, &text);
    assert_says("{\"resourceMetrics\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\"");
    assert_says(
        "{\"name\":\"footprint_events_total\",\"description\":\"Events accepted.\",\"sum\":{"
        "\"aggregationTemporality\":2,\"isMonotonic\":true,\"dataPoints\":[{"
        "\"startTimeUnixNano\":\"1795514228448000000\",\"timeUnixNano\":"
        "\"1795514250167000000\",\"asInt\":\"9007199254740993\"}]}}");
    assert_says(
        "\"attributes\":[{\"key\":\"partition\",\"value\":{\"stringValue\":\"3\"}},{\"key\":"
        "\"state\",\"value\":{\"stringValue\":\"live\"}}],\"asInt\":\"1\"}");
    assert_says("\"count\":\"2\",\"sum\":99.003,\"bucketCounts\":[\"0\",\"0\",\"0\",\"1\",");
    assert_says(",\"1\"],\"explicitBounds\":[0.0005,0.001,");
    assert_says("30,60]}]}}");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_kind_of_row_has_its_form, begin, end),
        cmocka_unit_test_setup_teardown(a_watermark_that_is_not_there_is_left_out, begin, end),
        cmocka_unit_test_setup_teardown(promtool_finds_nothing, begin, end),
        cmocka_unit_test_setup_teardown(opentelemetry_gets_the_same_numbers, begin, end),
        cmocka_unit_test_setup_teardown(the_record_has_the_same_names_and_labels, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
