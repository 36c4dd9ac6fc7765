/* Any bytes as footprint.yaml: read or refused with a report, and every place lies in the text. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "config/base/check.h"
#include "config/config.h"
#include "config/mapping_read.h"
#include "config/properties.h"
#include "config/settings/reader.h"
#include "config/settings/sanity.h"
#include "config/yaml/yaml.h"

#define FUZZ_PLACES_MAX 64 /* of one scalar */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libfyaml 0.7.12 forgets a buffer of its own on a few malformed documents (a quote, then
 * brackets). */
const char *
__lsan_default_suppressions(void)
{
    return "leak:libfyaml.so\n";
}

static void
fuzz_places(const struct yaml_node *node)
{
    uint32_t last = node->text.length < FUZZ_PLACES_MAX ? node->text.length : FUZZ_PLACES_MAX;

    for (uint32_t i = 0; node->kind == YAML_SCALAR && i <= last; i++) {
        struct report_place place = yaml_place(node, i);

        CHECK(place.line >= 1 && place.column >= 1);
        CHECK(place.column - 1 <= place.line_text.length + 2); /* behind a line's end at most */
    }
    for (uint32_t i = 0; node->kind == YAML_LIST && i < node->count; i++)
        fuzz_places(node->items[i]);
    for (uint32_t i = 0; node->kind == YAML_MAP && i < node->count; i++) {
        fuzz_places(node->pairs[i].key);
        fuzz_places(node->pairs[i].value);
    }
}

static void
fuzz_read(const struct yaml_document *document, struct report *report)
{
    const struct config_property *properties;
    size_t property_count;
    struct mapping mapping;
    struct reader reader;
    struct arena arena;

    arena_init(&arena);
    reader_init(&reader, &arena, report);
    reader_file(&reader, document);
    sanity_check(&reader);
    mapping_read(&reader, &mapping);
    properties_read(&reader, &properties, &property_count);
    reader_fini(&reader);
    arena_fini(&arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct report *report = report_new();
    struct text bytes = {(const char *)data, (uint32_t)size};
    struct yaml_document *document = yaml_parse("fuzz.yaml", bytes, report);
    struct buffer out;

    CHECK((document == NULL) == (report_error_count(report) > 0));
    if (document != NULL && document->root != NULL)
        fuzz_places(document->root);
    if (document != NULL)
        fuzz_read(document, report);
    buffer_init(&out);
    report_print(report, &out);
    buffer_fini(&out);
    yaml_free(document);
    report_free(report);
    return 0;
}
