#ifndef FOOTPRINT_READER_H
#define FOOTPRINT_READER_H

/*
 * Documents to settings: defaults, then a file, then overrides, each value remembering its node.
 *
 * The trees (mapping, properties, segments) are only found here; whoever reads them asks for their
 * nodes. An override below a tree ("input.mapping.user") is an entry of `inner`.
 */

#include <stddef.h>

#include "config/base/arena.h"
#include "config/base/report.h"
#include "config/settings/settings.h"
#include "config/settings/table.h"
#include "config/yaml/yaml.h"

struct reader_inner {
    const struct setting_row *row; /* a tree */
    struct text path;              /* below it: "user" */
    const struct yaml_node *value;
};

struct reader {
    struct arena *arena;
    struct report *report;
    struct settings settings;
    const struct yaml_node *nodes[SETTING_ROW_COUNT]; /* NULL: the default */
    struct reader_inner *inner;
    size_t inner_count, inner_capacity;
};

/* Fills in the defaults. Texts of settings lie in the arena. */
void reader_init(struct reader *reader, struct arena *arena, struct report *report);
void reader_fini(struct reader *reader);
/* The document must outlive the reader; so must those of overrides. */
void reader_file(struct reader *reader, const struct yaml_document *document);
/* value: the root of the override's document, or NULL when nothing stands behind "=". */
void reader_override(struct reader *reader, const struct yaml_document *document, struct text path);

#endif
