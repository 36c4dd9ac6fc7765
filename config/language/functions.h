#ifndef FOOTPRINT_LANGUAGE_FUNCTIONS_H
#define FOOTPRINT_LANGUAGE_FUNCTIONS_H

/*
 * The functions of the language as a table: functions.def, readable at run time.
 */

#include "config/base/buffer.h"
#include "config/base/text.h"
#include "config/language/ast.h"

enum function_shape {
    SHAPE_SELECTOR,   /* f(types.field{matchers}[window]) */
    SHAPE_SHARE,      /* f(types{matchers}, {matchers} [window]) */
    SHAPE_SEQ,        /* f(a, b, ... within d by field)[window] */
    SHAPE_UNANSWERED, /* f(a, b, d by field)[window] */
    SHAPE_SALT,       /* f("text") */
    SHAPE_SEGMENT,    /* f(segment) */
    SHAPE_TRAIT       /* f.name */
};

enum function_field {
    FIELD_REFUSED,
    FIELD_OPTIONAL,
    FIELD_REQUIRED
};

enum function_window {
    WINDOW_REFUSED,
    WINDOW_REQUIRED,
    WINDOW_HALF_LIFE
};

struct function {
    const char *name;
    const char *signature;
    enum function_shape shape;
    enum function_field field;
    enum function_window window;
    enum expr_type type;
    const char *state; /* what is kept for one user, in words */
    const char *help;  /* one or two sentences */
};

/* By function_id; FUNCTION_COUNT_OF entries. */
extern const struct function functions[];

/* The function of that name, or NULL. */
const struct function *functions_find(struct text name);
/* All their names, separated by spaces. */
void functions_list(struct buffer *out);
/* The name of the function that was probably meant, or NULL. */
const char *functions_suggest(struct text name);

#endif
