#ifndef FOOTPRINT_LANGUAGE_PARSER_H
#define FOOTPRINT_LANGUAGE_PARSER_H

/*
 * The text of an expression to its tree (ast.h), by recursive descent; the grammar of the manual.
 *
 * The first fault of an expression is said through the origin, and NULL returned. Everything lives
 * in the arena. Nesting is at most EXPR_DEPTH_MAX.
 */

#include "config/base/arena.h"
#include "config/base/text.h"
#include "config/language/ast.h"
#include "config/language/complain.h"

struct expr *parser_parse(struct text source, struct arena *arena, const struct origin *origin);

#endif
