#ifndef FOOTPRINT_YAML_H
#define FOOTPRINT_YAML_H

/*
 * YAML text to a tree that remembers where everything stood.
 *
 * A subset that surprises nobody: one document, UTF-8, no aliases, anchors or tags, no duplicate
 * keys, YAML_DEPTH_MAX levels. A scalar is its text and whether it was plain: whoever reads it
 * decides what it means, so `no` and `off` never become booleans by themselves. JSON is YAML.
 * All memory belongs to the document. Columns count bytes from 1.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/base/err.h"
#include "config/base/report.h"
#include "config/base/text.h"

enum yaml_kind {
    YAML_SCALAR,
    YAML_MAP,
    YAML_LIST
};
enum yaml_style {
    YAML_PLAIN,
    YAML_QUOTED,
    YAML_BLOCK
};

struct yaml_node;

struct yaml_pair {
    const struct yaml_node *key; /* a scalar */
    const struct yaml_node *value;
};

struct yaml_node {
    enum yaml_kind kind;
    enum yaml_style style;
    struct text text;      /* of a scalar, escapes and folding done */
    uint32_t line, column; /* of its first character (of the text, for a quoted one: the quote) */
    uint32_t count;        /* pairs of a map, items of a list */
    union {
        const struct yaml_pair *pairs;
        const struct yaml_node *const *items;
    };
    const struct yaml_document *document;
};

struct yaml_document {
    const char *file;             /* as it is named in messages */
    const struct yaml_node *root; /* NULL: the file is empty */
    void *memory;                 /* private */
};

/* Reads a file (or bytes that are called `file`). On failure the report says why and NULL is
 * returned. */
struct yaml_document *yaml_load(const char *file, struct report *report);
struct yaml_document *yaml_parse(const char *file, struct text bytes, struct report *report);
void yaml_free(struct yaml_document *document);

/* The value of a key, or NULL. */
const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);
/* A plain `null`, `~` or nothing at all. */
bool yaml_is_null(const struct yaml_node *node);
/* Where byte `offset` of a scalar's text stands in the file: exact for plain, single-line quoted
 * and literal block scalars, else at best the right line. */
struct report_place yaml_place(const struct yaml_node *node, uint32_t offset);

#endif
