/* Finds and parses the files of rules. */
#include "config/rule_files.h"

#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <unistd.h>

#include "config/base/check.h"
#include "config/settings/fault.h"
#include "config/settings/given.h"

void
rule_files_init(struct rule_files *files)
{
    *files = (struct rule_files){.documents = NULL};
}

void
rule_files_fini(struct rule_files *files)
{
    for (size_t i = 0; i < files->count; i++)
        yaml_free(files->documents[i]);
    free(files->documents);
    rule_files_init(files);
}

void
rule_files_add(struct rule_files *files, const char *path, struct report *report)
{
    struct yaml_document *document;

    for (size_t i = 0; i < files->count; i++)
        if (strcmp(files->documents[i]->file, path) == 0)
            return;
    document = yaml_load(path, report);
    if (document == NULL) {
        files->failed = true;
        return;
    }
    if (files->count == files->capacity) {
        files->capacity = files->capacity > 0 ? files->capacity * 2 : 16;
        files->documents =
            realloc(files->documents, files->capacity * sizeof(struct yaml_document *));
        CHECK(files->documents != NULL);
    }
    files->documents[files->count++] = document;
}

static int
rule_files_compare(const void *left, const void *right)
{
    const char *const *a = left, *const *b = right;

    return strcmp(*a, *b);
}

/* A folder that is not there has no match; one that can't be read may have some. */
static int
rule_files_glob_error(const char *folder, int error)
{
    (void)folder;
    return error != ENOENT && error != ENOTDIR;
}

/* node: where the pattern stands, or NULL for the default. */
static void
rule_files_glob(struct rule_files *files, const char *pattern, const struct yaml_node *node,
    struct report *report)
{
    struct report_place nowhere = {0};
    glob_t found;
    int error = glob(pattern, GLOB_NOSORT, rule_files_glob_error, &found);

    if (error == GLOB_NOMATCH && node != NULL)
        fault_warn(report, node, "no file matches '%s'", pattern);
    else if (error == GLOB_NOMATCH)
        report_add(report, REPORT_WARNING, &nowhere, "segments: no file matches '%s'", pattern);
    else if (error != 0 && node != NULL)
        fault(report, node, "'%s' can't be searched: %s", pattern, strerror(errno));
    else if (error != 0)
        report_add(report, REPORT_ERROR, &nowhere, "segments: '%s' can't be searched: %s", pattern,
            strerror(errno));
    if (error == 0) {
        qsort(found.gl_pathv, found.gl_pathc, sizeof(char *), rule_files_compare);
        for (size_t i = 0; i < found.gl_pathc; i++)
            rule_files_add(files, found.gl_pathv[i], report);
    }
    globfree(&found);
}

static void
rule_files_read_path(
    struct rule_files *files, const struct reader *reader, const struct yaml_node *node)
{
    const char *path;

    if (node->kind != YAML_SCALAR || yaml_is_null(node) || node->text.length == 0) {
        fault(reader->report, node,
            "%s where a path is needed; rules stand in files of their own, such as "
            "segments.d/shop.yaml",
            node->kind == YAML_SCALAR ? "nothing" : fault_kind(node));
        return;
    }
    path = given_path(node, node->text, reader->arena);
    if (strpbrk(path, "*?[") != NULL)
        rule_files_glob(files, path, node, reader->report);
    else if (access(path, R_OK) != 0)
        fault(reader->report, node, "file '%s' can't be read: %s", path, strerror(errno));
    else
        rule_files_add(files, path, reader->report);
}

void
rule_files_read(struct rule_files *files, const struct reader *reader, const char *file)
{
    const struct yaml_node *node = reader->nodes[SETTING_ROW_segments];
    const char *slash = file != NULL ? strrchr(file, '/') : NULL;
    struct buffer pattern;

    if (node != NULL && node->kind == YAML_LIST) {
        for (uint32_t i = 0; i < node->count; i++)
            rule_files_read_path(files, reader, node->items[i]);
    } else if (node != NULL) {
        rule_files_read_path(files, reader, node);
    } else if (file != NULL) {
        buffer_init(&pattern);
        if (slash != NULL)
            buffer_add(&pattern, file, (size_t)(slash - file) + 1);
        buffer_add(&pattern, "segments.d/*.yaml", sizeof("segments.d/*.yaml"));
        rule_files_glob(files, pattern.bytes, NULL, reader->report);
        buffer_fini(&pattern);
    }
}
