#ifndef FOOTPRINT_LANGUAGE_PARSER_CALL_H
#define FOOTPRINT_LANGUAGE_PARSER_CALL_H

/*
 * The second half of the parser: what stands after the name of a function.
 */

#include "config/language/ast.h"
#include "config/language/functions.h"
#include "config/language/parser_token.h"

/* The name has been taken. NULL after a fault. */
struct call *parser_call_arguments(struct parser *parser, const struct function *function);

#endif
