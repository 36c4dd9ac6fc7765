/*
 * Manual, schema and example agree with the table of settings.
 *
 * FOOTPRINT_WRITE=1 writes the manual and the schema anew instead of comparing them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "config/settings/manual.h"
#include "config/settings/schema.h"
#include "config/settings/table.h"
#include "config/yaml/yaml.h"
#include "daemon/messages_manual.h"
#include "daemon/metrics_manual.h"

static void
read_file(const char *name, struct buffer *out)
{
    FILE *file = fopen(name, "r");
    char part[4096];
    size_t got;

    if (file == NULL)
        fail_msg("%s is not there", name);
    buffer_init(out);
    while ((got = fread(part, 1, sizeof(part), file)) > 0)
        buffer_add(out, part, got);
    buffer_add_char(out, '\0');
    fclose(file);
}

static void
expect_committed(const char *name, void (*print)(struct buffer *))
{
    struct buffer printed, committed;
    FILE *file;

    buffer_init(&printed);
    print(&printed);
    if (getenv("FOOTPRINT_WRITE") != NULL) {
        file = fopen(name, "w");
        assert_non_null(file);
        assert_int_equal(fwrite(printed.bytes, 1, printed.length, file), printed.length);
        assert_int_equal(fclose(file), 0);
    }
    buffer_add_char(&printed, '\0');
    read_file(name, &committed);
    assert_string_equal(committed.bytes, printed.bytes);
    buffer_fini(&printed);
    buffer_fini(&committed);
}

static void
the_manual_is_that_of_the_table(void **state)
{
    (void)state;
    expect_committed("config/footprint.yaml.5", manual_print);
}

static void
the_schema_is_that_of_the_table(void **state)
{
    (void)state;
    expect_committed("config/footprint.schema.json", schema_print);
}

static void
the_manual_of_the_numbers_is_that_of_their_table(void **state)
{
    (void)state;
    expect_committed("daemon/footprint-metrics.7", metrics_manual_print);
}

static void
the_manual_of_the_messages_is_that_of_their_table(void **state)
{
    (void)state;
    expect_committed("daemon/footprint-messages.7", messages_manual_print);
}

/* The value of "input.topic", or NULL. */
static const struct yaml_node *
find(const struct yaml_node *root, const char *path)
{
    const char *dot = strchr(path, '.');
    char group[64];
    const struct yaml_node *map;

    if (dot == NULL)
        return yaml_get(root, path);
    snprintf(group, sizeof(group), "%.*s", (int)(dot - path), path);
    map = yaml_get(root, group);
    return map == NULL || map->kind != YAML_MAP ? NULL : yaml_get(map, dot + 1);
}

static void
the_example_names_every_setting_with_its_default(void **state)
{
    struct report *report = report_new();
    struct yaml_document *document = yaml_load("config/footprint.yaml", report);
    struct buffer text;

    (void)state;
    assert_non_null(document);
    read_file("config/footprint.yaml", &text);
    assert_non_null(strstr(text.bytes, "# instance: "));
    for (size_t i = 0; i < SETTING_ROW_COUNT; i++) {
        const struct yaml_node *node = find(document->root, table[i].path);

        if (i == SETTING_ROW_instance || table[i].type == SETTING_TYPE_TIME)
            continue;
        if (node == NULL)
            fail_msg("config/footprint.yaml lacks %s", table[i].path);
        if (table[i].type == SETTING_TYPE_TREE)
            continue;
        if (node->kind != YAML_SCALAR || strcmp(node->text.bytes, table[i].default_text) != 0)
            fail_msg("config/footprint.yaml: %s is not %s", table[i].path, table[i].default_text);
    }
    buffer_fini(&text);
    yaml_free(document);
    report_free(report);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_manual_is_that_of_the_table),
        cmocka_unit_test(the_manual_of_the_numbers_is_that_of_their_table),
        cmocka_unit_test(the_manual_of_the_messages_is_that_of_their_table),
        cmocka_unit_test(the_schema_is_that_of_the_table),
        cmocka_unit_test(the_example_names_every_setting_with_its_default),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
