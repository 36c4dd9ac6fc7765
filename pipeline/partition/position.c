/* Writes and reads positions: a line of name=value words. */
#include "pipeline/partition/position.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/check.h"
#include "config/base/drill.h"

static const struct engine_position nowhere = {INT64_MIN, INT64_MIN, INT64_MIN, 0};

void
position_print(const struct position *position, struct buffer *out)
{
    const struct engine_position *time = &position->time;

    buffer_printf(out, "v=%d cnt=%" PRIu64 " rs=%s eng=%" PRId64 " pn=%" PRId64, POSITION_VERSION,
        position->changes, position->state_id, position->engine_version, position->partition_count);
    if (time->watermark != INT64_MIN)
        buffer_printf(out, " wm=%" PRId64, time->watermark);
    if (position_is_cut(time))
        buffer_printf(out, " wt=%" PRId64 " wd=%" PRId64 " wh=%016" PRIx64, time->target, time->due,
            time->hash);
    if (position->origin != POSITION_ORIGIN_NONE)
        buffer_printf(out, " fo=%" PRId64, position->origin);
    if (position->gap_accepted)
        buffer_add_literal(out, " ga=1");
    if (position->revision > 0)
        buffer_printf(out, " rv=%" PRId64, position->revision);
    if (position->switching_to[0] != '\0')
        buffer_printf(out, " sw=%s", position->switching_to);
    if (position->trust.seen_ms != 0)
        buffer_printf(out, " ws=%" PRId64, position->trust.seen_ms);
    if (position->trust.from_ms > position->trust.seen_ms)
        buffer_printf(out, " qf=%" PRId64, position->trust.from_ms);
    for (uint32_t i = 0; i < position->jumps.count; i++)
        buffer_printf(out, "%s%" PRId64 ":%" PRId64, i == 0 ? " jl=" : ",",
            position->jumps.at[i].offset, position->jumps.at[i].watermark);
}

static bool
position_parse_int(const char *word, int64_t *ret_value)
{
    char *end;

    *ret_value = strtoll(word, &end, 10);
    return end != word && *end == '\0';
}

static bool
position_parse_jumps(const char *word, struct position_jumps *jumps)
{
    while (*word != '\0') {
        struct position_jump jump;
        char *end;

        if (jumps->count == JUMPS_MAX)
            return false;
        jump.offset = strtoll(word, &end, 10);
        if (end == word || *end != ':')
            return false;
        word = end + 1;
        jump.watermark = strtoll(word, &end, 10);
        if (end == word || (*end != ',' && *end != '\0'))
            return false;
        word = *end == ',' ? end + 1 : end;
        jumps->at[jumps->count++] = jump;
    }
    return true;
}

static bool
position_parse_word(const char *name, const char *value, struct position *position)
{
    struct engine_position *time = &position->time;
    int64_t number = 0;

    if (DRILL_WITHOUT(DRILL_JUMPS) && strcmp(name, "jl") == 0)
        return true;
    if (DRILL_WITHOUT(DRILL_CUT) && strlen(name) == 2 && name[0] == 'w' && name[1] != 'm')
        return true;
    if (strcmp(name, "jl") == 0)
        return position_parse_jumps(value, &position->jumps);
    if (strcmp(name, "rs") == 0)
        return snprintf(position->state_id, sizeof(position->state_id), "%s", value) <
               (int)sizeof(position->state_id);
    if (strcmp(name, "sw") == 0)
        return snprintf(position->switching_to, sizeof(position->switching_to), "%s", value) <
               (int)sizeof(position->switching_to);
    if (strcmp(name, "wh") == 0) {
        time->hash = strtoull(value, NULL, 16);
        return true;
    }
    if (!position_parse_int(value, &number))
        return false;
    if (strcmp(name, "v") == 0)
        return number == POSITION_VERSION;
    if (strcmp(name, "wm") == 0)
        time->watermark = number;
    else if (strcmp(name, "wt") == 0)
        time->target = number;
    else if (strcmp(name, "wd") == 0)
        time->due = number;
    else if (strcmp(name, "cnt") == 0)
        position->changes = (uint64_t)number;
    else if (strcmp(name, "eng") == 0)
        position->engine_version = number;
    else if (strcmp(name, "pn") == 0)
        position->partition_count = number;
    else if (strcmp(name, "fo") == 0)
        position->origin = number;
    else if (strcmp(name, "rv") == 0)
        position->revision = number;
    else if (strcmp(name, "ws") == 0)
        position->trust.seen_ms = number;
    else if (strcmp(name, "qf") == 0)
        position->trust.from_ms = number;
    else if (strcmp(name, "ga") == 0)
        position->gap_accepted = number != 0;
    return true; /* a name from a later version that kept this one's meaning */
}

enum err_code
position_parse(struct text text, struct position *ret_position, struct err *reterr)
{
    char line[METADATA_BYTES_MAX + 1], *rest = line, *word;

    if (text.length > METADATA_BYTES_MAX)
        return err_set(reterr, ERR_INPUT, "position of %u bytes; at most %d are ours", text.length,
            METADATA_BYTES_MAX);
    memcpy(line, text.bytes, text.length);
    line[text.length] = '\0';
    memset(ret_position, 0, sizeof(*ret_position));
    ret_position->time = nowhere;
    ret_position->origin = POSITION_ORIGIN_NONE;
    while ((word = strsep(&rest, " ")) != NULL) {
        char *value = strchr(word, '=');

        if (value == NULL)
            return err_set(reterr, ERR_INPUT, "position is not ours: '%.60s'", word);
        *value++ = '\0';
        if (!position_parse_word(word, value, ret_position))
            return err_set(
                reterr, ERR_INPUT, "position: '%s=%.60s' is not understood", word, value);
    }
    if (ret_position->time.target < ret_position->time.watermark)
        ret_position->time.target = ret_position->time.watermark;
    return ERR_NONE;
}

bool
position_jump_add(struct position_jumps *jumps, int64_t offset, int64_t watermark)
{
    CHECK(jumps->count == 0 || jumps->at[jumps->count - 1].offset <= offset);
    if (jumps->count > 0 && jumps->at[jumps->count - 1].offset == offset) {
        jumps->at[jumps->count - 1].watermark = watermark;
        return true;
    }
    if (jumps->count == JUMPS_MAX)
        return false;
    jumps->at[jumps->count++] = (struct position_jump){offset, watermark};
    return true;
}

void
position_jumps_fit(struct position_jumps *jumps, int64_t durable)
{
    if (jumps->count < JUMPS_MAX || jumps->at[0].offset >= durable)
        return;
    jumps->count--;
    memmove(jumps->at, jumps->at + 1, jumps->count * sizeof(jumps->at[0]));
}

uint32_t
position_jumps_before(const struct position_jumps *jumps, int64_t offset)
{
    uint32_t count = 0;

    while (count < jumps->count && jumps->at[count].offset < offset)
        count++;
    return count;
}

bool
position_time_equal(const struct engine_position *a, const struct engine_position *b)
{
    if (a->watermark != b->watermark || position_is_cut(a) != position_is_cut(b))
        return false;
    return !position_is_cut(a) ||
           (a->target == b->target && a->due == b->due && a->hash == b->hash);
}
