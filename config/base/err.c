/* Writes errors down, outermost context first. */
#include "config/base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "config/base/check.h"

enum err_code
err_set(struct err *reterr, enum err_code code, const char *fmt, ...)
{
    va_list args;

    CHECK(reterr != NULL);
    CHECK(code != ERR_NONE);
    reterr->code = code;
    va_start(args, fmt);
    vsnprintf(reterr->msg, sizeof(reterr->msg), fmt, args);
    va_end(args);
    return code;
}

enum err_code
err_wrap(struct err *reterr, const char *fmt, ...)
{
    char inner[ERR_MSG_BYTES_MAX];
    va_list args;
    int outer;

    CHECK(reterr != NULL);
    CHECK(reterr->code != ERR_NONE);
    memcpy(inner, reterr->msg, sizeof(inner));
    va_start(args, fmt);
    outer = vsnprintf(reterr->msg, sizeof(reterr->msg), fmt, args);
    va_end(args);
    if (outer >= 0 && (size_t)outer < sizeof(reterr->msg))
        snprintf(reterr->msg + outer, sizeof(reterr->msg) - (size_t)outer, "%s", inner);
    return reterr->code;
}
