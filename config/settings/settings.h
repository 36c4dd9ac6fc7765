#ifndef FOOTPRINT_SETTINGS_H
#define FOOTPRINT_SETTINGS_H

/*
 * All settings as one flat struct, made from the one table in settings.def.
 *
 * A row gives path, type, default, range, unit, when it applies and its help; this struct, the
 * reader, the manual, the schema and the completion come from it. A member is the path with
 * underscores and its unit: input.lateness is input_lateness_ms.
 * "never" is SETTING_NEVER, "auto" is SETTING_AUTO (workers: 0); texts are zero-terminated and
 * never NULL; an enum is the position of its word in the row.
 */

#include <stdbool.h>
#include <stdint.h>

#define SETTING_NEVER INT64_MAX
#define SETTING_AUTO INT64_C(-1)

enum setting_start_at {
    START_AT_EARLIEST,
    START_AT_LATEST,
    START_AT_TIME
};
enum setting_preset {
    PRESET_FOOTPRINT,
    PRESET_SEGMENT
};
enum setting_on_gap {
    ON_GAP_STOP,
    ON_GAP_CONTINUE
};
enum setting_placement {
    PLACEMENT_CHECK,
    PLACEMENT_TRUST
};
enum setting_metrics_encoding {
    METRICS_ENCODING_JSON,
    METRICS_ENCODING_OTLP_JSON
};
enum setting_log_format {
    LOG_FORMAT_AUTO,
    LOG_FORMAT_LOGFMT,
    LOG_FORMAT_JSON
};
enum setting_log_level {
    LOG_LEVEL_DEBUG,
    LOG_LEVEL_INFO,
    LOG_LEVEL_WARN,
    LOG_LEVEL_ERROR
};

struct settings {
#define SETTING_TEXT(path, member, ...) const char *member;
#define SETTING_SECRET(path, member, ...) const char *member;
#define SETTING_BOOL(path, member, ...) bool member;
#define SETTING_ENUM(path, member, ...) int member;
#define SETTING_INT(path, member, ...) int64_t member;
#define SETTING_DURATION(path, member, ...) int64_t member;
#define SETTING_BYTES(path, member, ...) int64_t member;
#define SETTING_TIME(path, member, ...) int64_t member;
#include "config/settings/settings.def"
};

#endif
