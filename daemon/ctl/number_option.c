/* Values of options. */
#include "daemon/ctl/number_option.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "pipeline/decode/timestamp.h"

bool
number_option_whole(const char *text, uint64_t least, uint64_t most, uint64_t *ret_number)
{
    char *end;
    unsigned long long number;

    if (!isdigit((unsigned char)text[0]))
        return false;
    errno = 0;
    number = strtoull(text, &end, 10);
    if (errno != 0 || *end != '\0' || number < least || number > most)
        return false;
    *ret_number = number;
    return true;
}

bool
number_option_real(const char *text, double least, double most, double *ret_number)
{
    char *end;
    double number;

    if (!isdigit((unsigned char)text[0]) && text[0] != '.')
        return false;
    number = strtod(text, &end);
    if (*end != '\0' || !(number >= least && number <= most))
        return false;
    *ret_number = number;
    return true;
}

bool
number_option_time(const char *text, int64_t *ret_ms)
{
    return timestamp_of_text(text_of(text), TIME_UNIT_AUTO, ret_ms);
}
