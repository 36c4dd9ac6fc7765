#ifndef FOOTPRINT_LANGUAGE_RULEBOOK_H
#define FOOTPRINT_LANGUAGE_RULEBOOK_H

/*
 * All segments of all files as they were written, in the order of their coming: what the checker
 * and the compiler work on.
 *
 * Memory belongs to the arena; texts of names and descriptions are borrowed from the YAML trees.
 */

#include <stdint.h>

#include "config/base/arena.h"
#include "config/base/report.h"
#include "config/language/ast.h"
#include "config/language/intern.h"
#include "config/yaml/yaml.h"

/* One value of `attach`. */
struct rule_value {
    struct text name;
    const struct yaml_node *node; /* of the expression */
    struct expr *expr;            /* NULL when it is no expression */
};

/* A member() in a segment's condition. */
struct rule_member {
    uint32_t rule;
    uint32_t offset;
};

struct rule {
    struct text name;
    struct text description;
    const struct yaml_node *name_node;
    const struct yaml_node *when_node;
    struct expr *when; /* NULL when it is no expression */
    int64_t for_ms, keep_ms, cooldown_ms;
    struct rule_value *values;
    uint32_t value_count;
    struct rule_member *members; /* found by the checker */
    uint32_t member_count;
    uint32_t member_capacity;
    uint32_t level;  /* set by level.c */
    uint32_t number; /* in the order of every decision; set by level.c */
};

struct rulebook {
    struct arena *arena;
    struct report *report;
    struct rule *rules;
    uint32_t count;
    uint32_t capacity;
    struct intern names; /* the same numbers as rules */
};

void rulebook_init(struct rulebook *book, struct arena *arena, struct report *report);

/* Reads the segments of one file. What is wrong goes to the report. */
void rulebook_read(struct rulebook *book, const struct yaml_document *file);

#endif
