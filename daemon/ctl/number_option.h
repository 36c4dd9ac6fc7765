#ifndef FOOTPRINT_CTL_NUMBER_OPTION_H
#define FOOTPRINT_CTL_NUMBER_OPTION_H

/*
 * Values of options: the whole text must be one, within bounds; otherwise false.
 */

#include <stdbool.h>
#include <stdint.h>

bool number_option_whole(const char *text, uint64_t least, uint64_t most, uint64_t *ret_number);
bool number_option_real(const char *text, double least, double most, double *ret_number);
/* RFC 3339, or seconds, milliseconds, ... since the epoch. */
bool number_option_time(const char *text, int64_t *ret_ms);

#endif
