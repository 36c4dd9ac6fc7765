/* Compiles regular expressions by PCRE2. */
#include "config/language/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "config/base/check.h"

/* \C could cut a character in two. */
#define REGEX_OPTIONS (PCRE2_UTF | PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_NEVER_BACKSLASH_C)

void *
regex_compile(struct text pattern, char ret_message[REGEX_MESSAGE_BYTES_MAX], uint32_t *ret_offset)
{
    pcre2_code *code;
    PCRE2_SIZE offset = 0;
    int fault = 0;

    CHECK(pattern.bytes != NULL);
    code = pcre2_compile(
        (PCRE2_SPTR)pattern.bytes, pattern.length, REGEX_OPTIONS, &fault, &offset, NULL);
    if (code != NULL)
        return code;
    if (pcre2_get_error_message(fault, (PCRE2_UCHAR *)ret_message, REGEX_MESSAGE_BYTES_MAX) < 0)
        ret_message[0] = '\0';
    *ret_offset = (uint32_t)offset;
    return NULL;
}

void
regex_free(void *regex)
{
    pcre2_code_free(regex);
}
