#ifndef FOOTPRINT_CONFIG_H
#define FOOTPRINT_CONFIG_H

/*
 * Files to one struct: settings, mapping, plan. Decided before the first event; immutable.
 *
 * Everything that `footprintd --check` finds is found here and nowhere later, save what only a
 * server can say, so that the check and the start agree. All memory belongs to the config; any
 * thread may read it. Source: interfaces.md 3.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/base/err.h"
#include "config/base/report.h"
#include "config/base/zone.h"
#include "config/mapping.h"
#include "config/plan.h"
#include "config/settings/settings.h"
#include "config/yaml/yaml.h"

struct reader;

struct config_property {
    const char *name;
    const char *value;            /* may be a secret: never printed */
    const struct yaml_node *node; /* where its name stands, for messages (fault.h) */
};

struct config {
    const char *file; /* NULL: defaults only */
    struct settings settings;
    struct mapping mapping;
    struct zone *zone; /* of input.time_zone */
    struct plan *plan;
    const struct config_property *properties; /* kafka.properties, in the order of the file */
    size_t property_count;
    const struct reader *given;        /* where each value stands (reader.h) */
    const struct yaml_node *redis_url; /* where redis.url stands (fault.h); NULL: the default */
    /* First 16 hex digits of SHA-256 over rules, every setting marked DECIDES, and the engine's
     * version: what a stored state depends on (`rs` in the offsets' metadata and in Redis). */
    char state_id[17];
    const char *waiting; /* settings that a running process can't change: "a, b"; empty: none */
    void *memory;        /* private */
};

struct config_request {
    const char *file;                 /* -c, or NULL */
    const char *const *segment_files; /* --segments: instead of the settings' `segments` */
    size_t segment_file_count;
    const char *const *overrides; /* --set KEY=VALUE */
    size_t override_count;
    /* Of a process that runs and would change to this one, or NULL: what waits for a restart keeps
     * its values, is borrowed from it, and is named in `waiting`. */
    const struct config *running;
};

/* NULL when the report has got an error; warnings may be in it either way. */
struct config *config_load(const struct config_request *request, struct report *report);
void config_free(struct config *config);

#endif
