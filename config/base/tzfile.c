/* Takes a compiled time zone file apart. */
#include "config/base/tzfile.h"

#include "config/base/check.h"

#define TZFILE_MAGIC "TZif"
#define TZFILE_HEADER_BYTES 44
#define TZFILE_COUNTS_AT 20
#define TZFILE_INFO_BYTES 6
#define TZFILE_RECORDS_MAX 65536 /* far more than any zone has */

struct tzfile_counts {
    uint32_t isut, isstd, leap, time, type, character;
};

static uint32_t
tzfile_u32(const unsigned char *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | (uint32_t)at[3];
}

/* Takes a header off the front. */
static bool
tzfile_header(struct text *rest, struct tzfile_counts *ret_counts)
{
    const unsigned char *at = (const unsigned char *)rest->bytes + TZFILE_COUNTS_AT;
    uint32_t *fields[] = {&ret_counts->isut, &ret_counts->isstd, &ret_counts->leap,
        &ret_counts->time, &ret_counts->type, &ret_counts->character};

    if (rest->length < TZFILE_HEADER_BYTES || memcmp(rest->bytes, TZFILE_MAGIC, 4) != 0)
        return false;
    if (rest->bytes[4] < '2')
        return false;
    for (uint32_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        *fields[i] = tzfile_u32(at + (size_t)4 * i);
        if (*fields[i] > TZFILE_RECORDS_MAX)
            return false;
    }
    rest->bytes += TZFILE_HEADER_BYTES;
    rest->length -= TZFILE_HEADER_BYTES;
    return true;
}

/* time_bytes: 4 in the first block of a file, which is there for old readers, 8 in the second. */
static uint32_t
tzfile_block_bytes(const struct tzfile_counts *counts, uint32_t time_bytes)
{
    return counts->time * (time_bytes + 1) + counts->type * TZFILE_INFO_BYTES + counts->character +
           counts->leap * (time_bytes + 4) + counts->isstd + counts->isut;
}

static bool
tzfile_skip(struct text *rest, uint32_t bytes)
{
    if (rest->length < bytes)
        return false;
    rest->bytes += bytes;
    rest->length -= bytes;
    return true;
}

/* The rule stands between two line ends. */
static bool
tzfile_footer(struct text rest, struct text *ret_rule)
{
    const char *end;

    if (rest.length < 2 || rest.bytes[0] != '\n')
        return false;
    end = memchr(rest.bytes + 1, '\n', rest.length - 1);
    if (end == NULL)
        return false;
    *ret_rule = (struct text){rest.bytes + 1, (uint32_t)(end - rest.bytes - 1)};
    return true;
}

bool
tzfile_parse(struct text bytes, struct tzfile *ret_file)
{
    struct tzfile_counts counts;
    const unsigned char *block;

    if (!tzfile_header(&bytes, &counts) || !tzfile_skip(&bytes, tzfile_block_bytes(&counts, 4)))
        return false;
    if (!tzfile_header(&bytes, &counts) || counts.leap > 0 || counts.type == 0)
        return false;
    block = (const unsigned char *)bytes.bytes;
    if (!tzfile_skip(&bytes, tzfile_block_bytes(&counts, 8)))
        return false;
    *ret_file = (struct tzfile){.count = counts.time,
        .times = block,
        .types = block + (size_t)counts.time * 8,
        .infos = block + (size_t)counts.time * 9,
        .type_count = counts.type};
    for (uint32_t i = 0; i < counts.time; i++) {
        if (ret_file->types[i] >= counts.type)
            return false;
    }
    return tzfile_footer(bytes, &ret_file->rule);
}

int64_t
tzfile_time_s(const struct tzfile *file, uint32_t transition)
{
    const unsigned char *at = file->times + (size_t)transition * 8;

    CHECK(transition < file->count);
    return (int64_t)((uint64_t)tzfile_u32(at) << 32 | tzfile_u32(at + 4));
}

int32_t
tzfile_offset_s(const struct tzfile *file, uint32_t transition)
{
    CHECK(transition < file->count);
    return (int32_t)tzfile_u32(file->infos + (size_t)file->types[transition] * TZFILE_INFO_BYTES);
}

int32_t
tzfile_first_offset_s(const struct tzfile *file)
{
    return (int32_t)tzfile_u32(file->infos);
}
