/* Prints footprint-metrics(7): what holds for all numbers, then each row of the table. */
#include "daemon/metrics_manual.h"

#include "config/settings/manual.h"
#include "pipeline/counters/counters.h"

static const char manual_head[] =
    ".\\\" Printed from pipeline/counters/counters.def; a test compares the two.\n"
    ".Dd November 24, 2026\n"
    ".Dt FOOTPRINT-METRICS 7\n"
    ".Os\n"
    ".Sh NAME\n"
    ".Nm footprint-metrics\n"
    ".Nd the numbers of footprintd\n"
    ".Sh DESCRIPTION\n"
    ".Xr footprintd 8\n"
    "shows the same numbers in two places:\n"
    ".Bl -bullet\n"
    ".It\n"
    "at\n"
    ".Pa /metrics ,\n"
    "in Prometheus' text format, about as they were a second ago;\n"
    ".It\n"
    "on the metrics topic, one record with all of them every\n"
    ".Ic metrics.interval ,\n"
    "as JSON with the same names, or with\n"
    ".Ic metrics.encoding\n"
    "otlp_json in the form that OpenTelemetry's collector reads from a Kafka topic;\n"
    "see\n"
    ".Xr footprint.yaml 5 .\n"
    ".El\n"
    ".Pp\n"
    "Times are in seconds and sizes in bytes.\n"
    "Counters begin at 0 with the process.\n"
    "The numbers of a daemon are of its own partitions: those of a group are summed\n"
    "up by whoever reads them.\n"
    "No user is ever named.\n"
    "The labels are:\n"
    ".Bl -tag -width Ds\n"
    ".It Ic partition\n"
    "the input partition's number; there while this daemon has it\n"
    ".It Ic segment\n"
    "the segment's name\n"
    ".It Ic state\n"
    "of a partition: acquiring, ready, seeking, replaying, live, releasing or halted\n"
    ".It Ic reason\n"
    "of a rejected payload, one of:\n";

static const char manual_tail[] = ".Sh FILES\n"
                                  ".Bl -tag -width Ds\n"
                                  ".It Pa /usr/share/footprint/alerts/footprint.yaml\n"
                                  "alerts for Prometheus, with tests beside them\n"
                                  ".It Pa /usr/share/footprint/dashboards/footprint.json\n"
                                  "a dashboard for Grafana\n"
                                  ".El\n"
                                  ".Sh SEE ALSO\n"
                                  ".Xr footprint.yaml 5 ,\n"
                                  ".Xr footprintd 8\n";

/* Each label value of a row is a series; a histogram has one a bucket, and its count and sum. */
enum {
    MANUAL_SINGLES = 0
#define COUNTER(member, name, help) +1
#define GAUGE(member, name, help) +1
#define REASONS(member, name, help) +(COUNTERS_REASON_COUNT - 1)
#define HISTOGRAM(member, name, help) +(COUNTER_BOUND_COUNT + 3)
#define PROCESS_INFO(member, name, help) +1
#define PROCESS_GAUGE(member, name, help) +1
#define PROCESS_SECONDS(member, name, help) +1
#define PROCESS_COUNTER(member, name, help) +1
#define PROCESS_COUNTER_SECONDS(member, name, help) +1
#include "pipeline/counters/counters.def"
        ,
    MANUAL_BY_SEGMENT = 0
#define SEGMENT_GAUGE(member, name, help) +1
#define SEGMENT_COUNTER(member, name, help) +1
#include "pipeline/counters/counters.def"
        ,
    MANUAL_BY_PARTITION = 0
#define PARTITION_STATE(member, name, help) +1
#define PARTITION_GAUGE(member, name, help) +1
#define PARTITION_SECONDS(member, name, help) +1
#define PARTITION_INSTANT(member, name, help) +1
#include "pipeline/counters/counters.def"
};

static void
manual_reasons(struct buffer *out)
{
    for (int i = COUNTERS_REASON_ok + 1; i < COUNTERS_REASON_COUNT; i++)
        buffer_printf(out, "%s%s\n", counters_reason_name((enum counters_reason)i),
            i + 1 < COUNTERS_REASON_COUNT ? "," : "");
}

static void
manual_bounds(struct buffer *out)
{
    buffer_add_literal(out, "The upper bounds of a histogram's buckets are");
    for (int i = 0; i < COUNTER_BOUND_COUNT; i++)
        buffer_printf(out, "%s%g", i % 8 == 0 ? "\n" : " ", counters_bounds()[i]);
    buffer_add_literal(out, "\nand +Inf seconds.\n");
}

static void
manual_series(struct buffer *out)
{
    buffer_printf(out,
        ".Pp\n"
        "A daemon has %d series, %d more for each segment and %d more for each partition\n"
        "that it has.\n",
        MANUAL_SINGLES, MANUAL_BY_SEGMENT, MANUAL_BY_PARTITION);
}

static void
manual_row(struct buffer *out, const char *name, const char *help, const char *kind)
{
    buffer_printf(out, ".It Ic %s\n", name);
    manual_sentences(out, help);
    buffer_printf(out, ".br\nA %s.\n", kind);
}

static void
manual_section(struct buffer *out, const char *title, bool first)
{
    if (!first)
        buffer_add_literal(out, ".El\n");
    buffer_printf(out, ".Ss %s\n.Bl -tag -width Ds\n", title);
}

static void
manual_rows(struct buffer *out)
{
    bool first = true;

#define SECTION(title)                                                                             \
    manual_section(out, title, first);                                                             \
    first = false;
#define COUNTER(member, name, help) manual_row(out, name, help, "counter");
#define GAUGE(member, name, help) manual_row(out, name, help, "gauge");
#define REASONS(member, name, help) manual_row(out, name, help, "counter by reason");
#define HISTOGRAM(member, name, help) manual_row(out, name, help, "histogram");
#define SEGMENT_GAUGE(member, name, help) manual_row(out, name, help, "gauge by segment");
#define SEGMENT_COUNTER(member, name, help) manual_row(out, name, help, "counter by segment");
#define PARTITION_STATE(member, name, help)                                                        \
    manual_row(out, name, help, "gauge by partition and state");
#define PARTITION_GAUGE(member, name, help) manual_row(out, name, help, "gauge by partition");
#define PARTITION_SECONDS(member, name, help) manual_row(out, name, help, "gauge by partition");
#define PARTITION_INSTANT(member, name, help) manual_row(out, name, help, "gauge by partition");
#define PROCESS_INFO(member, name, help)                                                           \
    manual_row(out, name, help, "gauge that is 1, with what it says as labels");
#define PROCESS_GAUGE(member, name, help) manual_row(out, name, help, "gauge");
#define PROCESS_SECONDS(member, name, help) manual_row(out, name, help, "gauge");
#define PROCESS_COUNTER(member, name, help) manual_row(out, name, help, "counter");
#define PROCESS_COUNTER_SECONDS(member, name, help) manual_row(out, name, help, "counter");
#include "pipeline/counters/counters.def"
    buffer_add_literal(out, ".El\n");
}

void
metrics_manual_print(struct buffer *out)
{
    buffer_add_literal(out, manual_head);
    manual_reasons(out);
    buffer_add_literal(out, ".El\n.Pp\n");
    manual_bounds(out);
    manual_series(out);
    buffer_add_literal(out, ".Sh NUMBERS\n");
    manual_rows(out);
    buffer_add_literal(out, manual_tail);
}
