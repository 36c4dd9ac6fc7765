/* Which hiredis this was built with. */
#include "pipeline/redis/library.h"

#include <hiredis/hiredis.h>

#include "pipeline/redis/tls.h"

#define LIBRARY_TEXT_OF(number) #number
#define LIBRARY_TEXT(number) LIBRARY_TEXT_OF(number)

const char *
redis_library_built(void)
{
    return LIBRARY_TEXT(HIREDIS_MAJOR) "." LIBRARY_TEXT(HIREDIS_MINOR) "." LIBRARY_TEXT(
        HIREDIS_PATCH);
}

bool
redis_library_has_tls(void)
{
    return tls_built();
}
