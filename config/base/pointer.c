/* Takes JSON pointers apart. */
#include "config/base/pointer.h"

#include "config/base/check.h"

bool
pointer_valid(struct text pointer)
{
    if (pointer.length == 0)
        return true;
    if (pointer.bytes[0] != '/')
        return false;
    for (uint32_t i = 0; i < pointer.length; i++) {
        if (pointer.bytes[i] != '~')
            continue;
        if (i + 1 == pointer.length || (pointer.bytes[i + 1] != '0' && pointer.bytes[i + 1] != '1'))
            return false;
    }
    return true;
}

bool
pointer_next(struct text *rest, char *out, struct text *ret_token)
{
    uint32_t at = 1, length = 0;

    if (rest->length == 0)
        return false;
    CHECK(rest->bytes[0] == '/');
    while (at < rest->length && rest->bytes[at] != '/') {
        if (rest->bytes[at] != '~') {
            out[length++] = rest->bytes[at++];
            continue;
        }
        CHECK(at + 1 < rest->length);
        out[length++] = rest->bytes[at + 1] == '0' ? '~' : '/';
        at += 2;
    }
    *ret_token = (struct text){out, length};
    *rest = (struct text){rest->bytes + at, rest->length - at};
    return true;
}
