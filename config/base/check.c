/* Says which assumption did not hold, and stops. */
#include "config/base/check.h"

#include <stdio.h>
#include <stdlib.h>

void
check_failed(const char *file, int line, const char *what)
{
    fprintf(stderr, "%s:%d: this must hold and does not: %s\n", file, line, what);
    abort();
}
