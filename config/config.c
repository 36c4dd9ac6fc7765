/* Loads everything that is decided before the first event, or says all that is wrong with it. */
#include "config/config.h"

#include <inttypes.h>
#include <stdlib.h>

#include "config/base/arena.h"
#include "config/base/buffer.h"
#include "config/base/check.h"
#include "config/base/secret.h"
#include "config/base/sha256.h"
#include "config/language/language.h"
#include "config/mapping_read.h"
#include "config/pin.h"
#include "config/properties.h"
#include "config/rule_files.h"
#include "config/settings/fault.h"
#include "config/settings/reader.h"
#include "config/settings/sanity.h"
#include "config/settings/table.h"

/* Grows when the same events and rules would lead to another state, or to other bytes of it. */
#define CONFIG_ENGINE_VERSION 1

struct config_memory {
    struct arena arena;
    struct config config;
    struct reader reader;
    struct yaml_document *file; /* or NULL */
    struct yaml_document **overrides;
    size_t override_count;
};

/* --- the settings' file and --set --------------------------------------------------------------- */

static void
config_read_file(
    struct config_memory *memory, const struct config_request *request, struct report *report)
{
    if (request->file == NULL)
        return;
    memory->file = yaml_load(request->file, report);
    if (memory->file != NULL)
        reader_file(&memory->reader, memory->file);
}

/* KEY=VALUE: the value becomes a document that is called "--set KEY=VALUE" in messages. */
static void
config_read_override(struct config_memory *memory, const char *override, struct report *report)
{
    const char *equals = strchr(override, '=');
    struct text key = text_of(override);
    struct report_place place;
    struct yaml_document *document;
    struct buffer name;

    if (equals != NULL)
        key.length = (uint32_t)(equals - override);
    buffer_init(&name);
    buffer_printf(&name, "%s%.*s", FAULT_OVERRIDE, (int)key.length, override);
    if (equals != NULL && !secret_in_line(text_of(override)))
        buffer_printf(&name, "%s", equals);
    buffer_add_char(&name, '\0');
    place = (struct report_place){.file = name.bytes};
    if (equals == NULL || equals == override) {
        report_add(report, REPORT_ERROR, &place, "not of the form KEY=VALUE");
    } else {
        document = yaml_parse(name.bytes, text_of(equals + 1), report);
        if (document != NULL) {
            memory->overrides[memory->override_count++] = document;
            reader_override(&memory->reader, document, key);
        }
    }
    buffer_fini(&name);
}

static void
config_read_overrides(
    struct config_memory *memory, const struct config_request *request, struct report *report)
{
    memory->overrides = calloc(request->override_count + 1, sizeof(struct yaml_document *));
    CHECK(memory->overrides != NULL);
    for (size_t i = 0; i < request->override_count; i++)
        config_read_override(memory, request->overrides[i], report);
}

static void
config_read_zone(struct config_memory *memory, struct report *report)
{
    const struct yaml_node *node = memory->reader.nodes[SETTING_ROW_input_time_zone];
    struct config *config = &memory->config;
    struct err err;

    if (zone_new(text_of(config->settings.input_time_zone), &config->zone, &err) == ERR_NONE)
        return;
    if (node != NULL)
        fault(report, node, "%s", err.msg);
    else
        report_error(report, NULL, "input.time_zone: %s", err.msg);
}

/* --- rules -------------------------------------------------------------------------------------- */

static void
config_read_rules(
    struct config_memory *memory, const struct config_request *request, struct report *report)
{
    struct language_limits limits = {
        .events_per_window = (uint32_t)memory->config.settings.limits_events_per_window};
    struct rule_files files;

    rule_files_init(&files);
    for (size_t i = 0; i < request->segment_file_count; i++)
        rule_files_add(&files, request->segment_files[i], report);
    if (request->segment_file_count == 0)
        rule_files_read(&files, &memory->reader, memory->file != NULL ? request->file : NULL);
    if (!files.failed)
        memory->config.plan = language_compile(
            (const struct yaml_document *const *)files.documents, files.count, &limits, report);
    rule_files_fini(&files);
}

/* --- what a stored state depends on ------------------------------------------------------------- */

static void
config_add_setting(
    struct buffer *out, const struct settings *settings, const struct setting_row *row)
{
    const char *member = (const char *)settings + row->offset;
    const void *value = member;

    buffer_printf(out, "%s ", row->path);
    switch (row->type) {
    case SETTING_TYPE_TEXT:
    case SETTING_TYPE_SECRET:
        buffer_add_json(out, text_of(*(const char *const *)value));
        break;
    case SETTING_TYPE_BOOL:
        buffer_add_int(out, *(const bool *)value);
        break;
    case SETTING_TYPE_ENUM:
        buffer_add_int(out, *(const int *)value);
        break;
    case SETTING_TYPE_INT:
    case SETTING_TYPE_DURATION:
    case SETTING_TYPE_BYTES:
    case SETTING_TYPE_TIME:
        buffer_add_int(out, *(const int64_t *)value);
        break;
    case SETTING_TYPE_TREE:
        break;
    }
    buffer_add_char(out, '\n');
}

/* All that decides, in one form for all ways to write it. */
static void
config_add_state(struct buffer *out, const struct config *config)
{
    const struct plan *plan = config->plan;

    buffer_printf(out, "engine %d\n", CONFIG_ENGINE_VERSION);
    for (size_t i = 0; i < SETTING_ROW_COUNT; i++)
        if (table[i].decides && table[i].type != SETTING_TYPE_TREE)
            config_add_setting(out, &config->settings, &table[i]);
    mapping_read_canonical(&config->mapping, out);
    buffer_printf(out, "rules %s\n", plan->rules_id);
    for (uint32_t i = 0; i < plan->segment_count; i++)
        buffer_printf(out, "segment %016" PRIx64 "\n", plan->segments[i].id);
    for (uint32_t i = 0; i < plan->leaf_count; i++)
        buffer_printf(out, "leaf %016" PRIx64 "\n", plan->leaves[i].id);
}

static void
config_set_state_id(struct config *config)
{
    static const char digits[] = "0123456789abcdef";
    struct sha256 *sha256 = sha256_new();
    uint8_t digest[SHA256_BYTES];
    struct buffer state;
    struct text part;

    buffer_init(&state);
    config_add_state(&state, config);
    part = (struct text){state.bytes, (uint32_t)state.length};
    sha256_digest(sha256, &part, 1, digest);
    for (size_t i = 0; i < sizeof(config->state_id) - 1; i++)
        config->state_id[i] = digits[i % 2 == 0 ? digest[i / 2] >> 4 : digest[i / 2] & 15];
    sha256_free(sha256);
    buffer_fini(&state);
}

/* --- all of it ---------------------------------------------------------------------------------- */

struct config *
config_load(const struct config_request *request, struct report *report)
{
    struct config_memory *memory = calloc(1, sizeof(*memory));
    struct config *config;

    CHECK(request != NULL && report != NULL && memory != NULL);
    config = &memory->config;
    config->memory = memory;
    arena_init(&memory->arena);
    if (request->file != NULL)
        config->file = arena_copy(&memory->arena, text_of(request->file)).bytes;
    reader_init(&memory->reader, &memory->arena, report);
    config_read_file(memory, request, report);
    config_read_overrides(memory, request, report);
    sanity_check(&memory->reader);
    config->settings = memory->reader.settings;
    config->given = &memory->reader;
    config->redis_url = memory->reader.nodes[SETTING_ROW_redis_url];
    mapping_read(&memory->reader, &config->mapping);
    properties_read(&memory->reader, &config->properties, &config->property_count);
    config->waiting = "";
    if (request->running != NULL)
        config->waiting = pin_config(config, request->running, &memory->arena);
    config_read_zone(memory, report);
    config_read_rules(memory, request, report);
    if (report_error_count(report) == 0) {
        CHECK(config->zone != NULL && config->plan != NULL);
        config_set_state_id(config);
        return config;
    }
    config_free(config);
    return NULL;
}

void
config_free(struct config *config)
{
    struct config_memory *memory;

    if (config == NULL)
        return;
    memory = config->memory;
    plan_free(config->plan);
    zone_free(config->zone);
    reader_fini(&memory->reader);
    for (size_t i = 0; i < memory->override_count; i++)
        yaml_free(memory->overrides[i]);
    free(memory->overrides);
    yaml_free(memory->file);
    arena_fini(&memory->arena);
    free(memory);
}
