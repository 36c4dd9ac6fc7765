/* What a stored profile keeps of one user's events, window by window. */
#include "daemon/ctl/windows.h"

#include "config/base/limits.h"
#include "config/base/number.h"
#include "config/language/describe.h"
#include "daemon/ctl/words.h"
#include "pipeline/engine/alike.h"
#include "pipeline/engine/instant.h"
#include "pipeline/engine/trail.h"

#define WINDOW_UNKNOWN INT64_MIN

/* What can be said of one cell. */
struct window {
    int64_t count, oldest, newest;    /* or WINDOW_UNKNOWN */
    struct value total, value, score; /* or null */
};

/* --- by kind of leaf --------------------------------------------------------------------------- */

static void
windows_times(
    const struct plan_leaf *leaf, const struct cell *cell, int64_t floor, struct window *window)
{
    int64_t at;

    window->count = 0;
    while (times_newest(leaf, cell, (uint64_t)window->count + 1, &at) && at > floor) {
        if (window->count++ == 0)
            window->newest = at;
        window->oldest = at;
    }
}

static void
windows_counts(const struct cell *cell, int64_t floor, struct window *window)
{
    window->count = times_count(cell, floor, &window->oldest);
    times_newest_counted(cell, 1, &window->newest);
}

static void
windows_seen(const struct cell *cell, int64_t floor, struct window *window)
{
    window->count = seen_count(cell, floor, &window->oldest);
    seen_newest(cell, 1, &window->newest);
}

static void
windows_sums(const struct sums *sums, struct window *window)
{
    window->count = sums->count;
    window->total = (struct value){VALUE_NUMBER, number_of_total(sums->total), {NULL, 0}};
}

/* The value that is there most often. */
static void
windows_records(const struct cell *cell, int64_t floor, struct window *window)
{
    struct alike *alike = alike_new(EVENTS_PER_WINDOW_MAX + 1);
    struct records_top top;

    records_top(cell, floor, alike, &top);
    window->count = top.count;
    window->value = top.value;
    alike_free(alike);
}

static void
windows_decay(
    const struct plan_leaf *leaf, const struct cell *cell, int64_t at, struct window *window)
{
    double score = decay_score((const void *)cell->bytes, leaf->within_ms, at);

    window->score = (struct value){VALUE_NUMBER, number_of_double(score), {NULL, 0}};
}

static void
windows_seq(const struct cell *cell, int64_t floor, struct window *window)
{
    const struct trail_seq *seq = (const void *)cell->bytes;

    window->count = seq->found != 0 && seq->end > floor;
    if (window->count > 0)
        window->newest = seq->end;
}

static struct window
windows_read(const struct plan_leaf *leaf, const struct cell *cell, int64_t clock)
{
    struct window window = {WINDOW_UNKNOWN, WINDOW_UNKNOWN, WINDOW_UNKNOWN, {.kind = VALUE_NULL},
        {.kind = VALUE_NULL}, {.kind = VALUE_NULL}};
    int64_t floor = instant_before(clock, leaf->window_ms);
    struct sums sums;

    switch (leaf->kind) {
    case LEAF_TIMES:
        windows_times(leaf, cell, floor, &window);
        break;
    case LEAF_COUNTS:
        windows_counts(cell, floor, &window);
        break;
    case LEAF_SUFFIX:
    case LEAF_NUMBERS:
        sums_window(cell, floor, &sums);
        windows_sums(&sums, &window);
        break;
    case LEAF_TOTALS:
        singles_totals(cell, &sums);
        windows_sums(&sums, &window);
        break;
    case LEAF_SEEN:
        windows_seen(cell, floor, &window);
        break;
    case LEAF_RECORDS:
        windows_records(cell, floor, &window);
        break;
    case LEAF_LAST:
        singles_value(cell, &window.newest, &window.value);
        window.count = window.newest > floor;
        break;
    case LEAF_FIRST:
        singles_value(cell, &window.oldest, &window.value);
        break;
    case LEAF_OLDEST:
        window.oldest = ((const struct trail_time *)(const void *)cell->bytes)->at;
        break;
    case LEAF_TALLY:
        window.count = *(const int64_t *)(const void *)cell->bytes;
        break;
    case LEAF_DECAY:
        windows_decay(leaf, cell, clock, &window);
        break;
    case LEAF_SEQ:
        windows_seq(cell, floor, &window);
        break;
    case LEAF_UNANSWERED:
        window.count = cell->length / (int64_t)sizeof(struct trail_step);
        break;
    }
    return window;
}

/* --- telling ------------------------------------------------------------------------------------ */

static void
windows_name(const char *name, bool json, bool *first, struct buffer *out)
{
    if (json)
        buffer_printf(out, ",\"%s\":", name);
    else
        buffer_printf(out, "%s %s ", *first ? ":" : ",", name);
    *first = false;
}

static void
windows_tell(const struct window *window, bool json, struct buffer *out)
{
    const struct {
        const char *name;
        const struct value *value;
    } values[] = {{"total", &window->total}, {"value", &window->value}, {"score", &window->score}};
    bool first = true;

    if (window->count != WINDOW_UNKNOWN) {
        windows_name("count", json, &first, out);
        buffer_add_int(out, window->count);
    }
    if (window->oldest != WINDOW_UNKNOWN) {
        windows_name("oldest", json, &first, out);
        words_instant(out, window->oldest, json);
    }
    if (window->newest != WINDOW_UNKNOWN) {
        windows_name("newest", json, &first, out);
        words_instant(out, window->newest, json);
    }
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
        if (values[i].value->kind != VALUE_NULL) {
            windows_name(values[i].name, json, &first, out);
            words_value(out, values[i].value);
        }
}

static void
windows_keeps(const struct plan *plan, uint32_t leaf, bool json, struct buffer *out)
{
    struct buffer keeps;

    buffer_init(&keeps);
    describe_leaf(plan, leaf, &keeps);
    buffer_add_text(out, json ? TEXT("{\"keeps\":") : TEXT("  "));
    if (json)
        buffer_add_json(out, (struct text){keeps.bytes, (uint32_t)keeps.length});
    else
        buffer_add(out, keeps.bytes, keeps.length);
    buffer_fini(&keeps);
}

void
windows_print(const struct plan *plan, const struct profile *profile, bool json, struct buffer *out)
{
    uint32_t told = 0;

    if (json)
        buffer_add_char(out, '[');
    for (uint32_t i = 0; i < profile->cell_count; i++) {
        uint32_t leaf = profile_directory(profile)[i].leaf;
        struct cell cell = profile_cell_at(profile, i);
        struct window window;

        if (leaf == PROFILE_IDS)
            continue;
        window = windows_read(&plan->leaves[leaf], &cell, profile->clock);
        if (window.count == 0)
            continue;
        if (json && told++ > 0)
            buffer_add_char(out, ',');
        windows_keeps(plan, leaf, json, out);
        windows_tell(&window, json, out);
        buffer_add_char(out, json ? '}' : '\n');
    }
    if (json)
        buffer_add_char(out, ']');
}
