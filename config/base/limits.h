#ifndef FOOTPRINT_BASE_LIMITS_H
#define FOOTPRINT_BASE_LIMITS_H

/*
 * Every bound of the house in one place, and how they relate.
 *
 * Sizes are bytes, times are milliseconds, unless the name says otherwise. What an operator may
 * choose is a setting (config/settings/settings.def); what stands here is fixed by the build.
 */

/* The language and the event (segments.md 2 and 3). */
#define USER_BYTES_MAX 256
#define TEXT_BYTES_MAX 1024 /* a longer text is a missing field */
#define NAME_BYTES_MAX 63   /* a segment's name */
#define EXPR_DEPTH_MAX 64   /* nested parentheses, not, minus */
#define SEGMENTS_MAX 50000
#define RULE_ERRORS_MAX 20          /* reported from one check */
#define EVENTS_PER_WINDOW_MAX 65536 /* the largest value of limits.events_per_window */
#define REGEX_MATCH_LIMIT 10000
#define ATTACH_MAX 32 /* values of one segment */

/* Payloads (interfaces.md 2). */
#define JSON_DEPTH_MAX 64
#define EVENT_BYTES_MAX (64 * 1024 * 1024) /* the largest value of limits.event_bytes */
#define REJECT_BYTES_MAX (64 * 1024)

/* Configuration. */
#define CONFIG_FILE_BYTES_MAX (16 * 1024 * 1024)
#define YAML_DEPTH_MAX 64
#define POINTERS_MAX 8  /* alternatives for one of user, type, time, id */
#define FIELDS_MAX 4096 /* fields that rules and mapping name */

/* Profiles. */
#define PROFILE_BYTES_MAX (1024 * 1024)

/* The pipeline. */
#define PARTITIONS_MAX 4096
#define BATCH_EVENTS_MAX 1000
#define TXN_RECORDS_MAX 20000
#define TXN_BYTES_MAX (16 * 1024 * 1024)
#define JUMPS_MAX 32            /* idle jumps kept in the offset metadata */
#define METADATA_BYTES_MAX 2048 /* of the broker's 4096 */

#endif
