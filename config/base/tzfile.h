#ifndef FOOTPRINT_BASE_TZFILE_H
#define FOOTPRINT_BASE_TZFILE_H

/*
 * One compiled time zone file (RFC 8536, version 2 and later), taken apart where it lies.
 */

#include <stdbool.h>
#include <stdint.h>

#include "config/base/text.h"

struct tzfile {
    uint32_t count;             /* of transitions */
    const unsigned char *times; /* big endian, 8 bytes each, ascending */
    const unsigned char *types; /* the type from each transition on */
    const unsigned char *infos; /* 6 bytes a type; type 0 holds before the first transition */
    uint32_t type_count;
    struct text rule; /* what holds after the last transition (tzrule.h); may be empty */
};

/* False when the bytes are no such file, or one that counts leap seconds. */
bool tzfile_parse(struct text bytes, struct tzfile *ret_file);

int64_t tzfile_time_s(const struct tzfile *file, uint32_t transition);
/* Seconds east of UTC from a transition on, and before the first one. */
int32_t tzfile_offset_s(const struct tzfile *file, uint32_t transition);
int32_t tzfile_first_offset_s(const struct tzfile *file);

#endif
