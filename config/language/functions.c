/* The table of functions, and how a name is looked up in it. */
#include "config/language/functions.h"

#include "config/base/suggest.h"

const struct function functions[] = {
#define FUNCTION(id, name, signature, shape, field, window, type, state, help)                     \
    [FUNCTION_##id] = {name, signature, shape, field, window, type, state, help},
#include "config/language/functions.def"
#undef FUNCTION
};

const struct function *
functions_find(struct text name)
{
    for (uint32_t i = 0; i < FUNCTION_COUNT_OF; i++) {
        if (text_equal(name, text_of(functions[i].name)))
            return &functions[i];
    }
    return NULL;
}

void
functions_list(struct buffer *out)
{
    for (uint32_t i = 0; i < FUNCTION_COUNT_OF; i++) {
        if (i > 0)
            buffer_add_char(out, ' ');
        buffer_add_text(out, text_of(functions[i].name));
    }
}

const char *
functions_suggest(struct text name)
{
    const char *names[FUNCTION_COUNT_OF];

    for (uint32_t i = 0; i < FUNCTION_COUNT_OF; i++)
        names[i] = functions[i].name;
    return suggest(name, names, FUNCTION_COUNT_OF);
}
