#ifndef FOOTPRINT_REDIS_LIBRARY_H
#define FOOTPRINT_REDIS_LIBRARY_H

#include <stdbool.h>

/* Which hiredis this was built with, as "1.2.0"; the library does not tell which one runs. */
const char *redis_library_built(void);
/* Whether rediss:// can be had. */
bool redis_library_has_tls(void);

#endif
