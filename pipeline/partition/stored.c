/* Reads the record of a checkpoint, field by field. */
#include "pipeline/partition/stored.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
stored_begin(struct stored *stored)
{
    memset(stored, 0, sizeof(*stored));
    stored->position.time = (struct engine_position){INT64_MIN, INT64_MIN, INT64_MIN, 0};
    stored->position.origin = POSITION_ORIGIN_NONE;
}

void
stored_read(struct stored *stored, const struct store_field *field)
{
    char digits[32];
    struct engine_position *time = &stored->position.time;
    uint32_t length = field->value.length < sizeof(digits) - 1 ? field->value.length : 31;
    int64_t number;

    memcpy(digits, field->value.bytes, length);
    digits[length] = '\0';
    number = strtoll(digits, NULL, 10);
    if (strcmp(field->name, "off") == 0) {
        stored->has_offset = true;
        stored->position.offset = number;
    } else if (strcmp(field->name, "rs") == 0) {
        snprintf(stored->position.state_id, sizeof(stored->position.state_id), "%.16s", digits);
    } else if (strcmp(field->name, "wm") == 0 && length > 0) {
        time->watermark = number;
    } else if (strcmp(field->name, "wt") == 0 && length > 0) {
        time->target = number;
    } else if (strcmp(field->name, "wd") == 0 && length > 0) {
        time->due = number;
    } else if (strcmp(field->name, "wh") == 0) {
        time->hash = strtoull(digits, NULL, 16);
    } else if (strcmp(field->name, "bo") == 0) {
        stored->mark.known = number >= 0;
        stored->mark.offset = number;
    } else if (strcmp(field->name, "bw") == 0) {
        stored->mark.watermark = length > 0 ? number : INT64_MIN;
    } else if (strcmp(field->name, "cnt") == 0) {
        stored->mark.changes = (uint64_t)number;
    } else if (strcmp(field->name, "mem") == 0) {
        stored->members = field->value;
    } else if (strcmp(field->name, "by") == 0) {
        stored->owner = field->value;
    } else if (strcmp(field->name, "rb") == 0) {
        stored->rebuilding = number != 0;
    } else if (strcmp(field->name, "eng") == 0) {
        stored->position.engine_version = number;
    } else if (strcmp(field->name, "sg") == 0) {
        stored->ids = field->value;
    } else if (strcmp(field->name, "fo") == 0) {
        stored->position.origin = number;
    } else if (strcmp(field->name, "pn") == 0) {
        stored->position.partition_count = number;
    } else if (strcmp(field->name, "gr") == 0) {
        stored->group = field->value;
    } else if (strcmp(field->name, "cn") == 0) {
        stored->chunk_number = (uint64_t)number;
    }
}

void
stored_end(struct stored *stored)
{
    struct engine_position *time = &stored->position.time;

    if (time->target < time->watermark)
        time->target = time->watermark;
}

void
stored_print_group(const struct config *config, struct buffer *out)
{
    buffer_printf(out, "%s %s", config->settings.kafka_group, config->settings.input_topic);
}
