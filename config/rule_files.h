#ifndef FOOTPRINT_RULE_FILES_H
#define FOOTPRINT_RULE_FILES_H

/*
 * Which files of rules are read, and their trees: paths and globs of `segments`, each file once.
 *
 * Files of a glob come in the order of their names (bytes). A glob without a match is a warning,
 * a path that is not there an error.
 */

#include <stddef.h>

#include "config/settings/reader.h"
#include "config/yaml/yaml.h"

struct rule_files {
    struct yaml_document **documents;
    size_t count;
    size_t capacity;
    bool failed; /* some file is not among them; the report says why */
};

void rule_files_init(struct rule_files *files);
void rule_files_fini(struct rule_files *files);
/* By the settings; `file`: the settings' own file, to which the default is relative, or NULL. */
void rule_files_read(struct rule_files *files, const struct reader *reader, const char *file);
void rule_files_add(struct rule_files *files, const char *path, struct report *report);

#endif
