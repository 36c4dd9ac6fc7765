/* How much memory the rules ask for, per user. */
#include "daemon/ctl/estimate.h"

#define ESTIMATE_USER_BYTES 120 /* header, a name of usual length, its place in the table */
#define ESTIMATE_LEAF_BYTES 12
#define ESTIMATE_TEXT_BYTES 16 /* a value that is kept as text */

/* One entry of a leaf's list, or the whole leaf where it has no list. */
static size_t
estimate_entry_bytes(const struct plan_leaf *leaf)
{
    switch (leaf->kind) {
    case LEAF_TIMES:
    case LEAF_OLDEST:
    case LEAF_TALLY:
        return 8;
    case LEAF_COUNTS:
        return 12;
    case LEAF_SUFFIX:
    case LEAF_NUMBERS:
    case LEAF_SEEN:
    case LEAF_DECAY:
        return 16;
    case LEAF_TOTALS:
        return 48;
    case LEAF_RECORDS:
        return leaf->text_kept ? 24 + ESTIMATE_TEXT_BYTES : 24;
    case LEAF_LAST:
    case LEAF_FIRST:
        return 16 + ESTIMATE_TEXT_BYTES;
    case LEAF_SEQ:
    case LEAF_UNANSWERED:
        return 24;
    }
    return 0;
}

static uint32_t
estimate_entries_max(const struct plan_leaf *leaf, uint32_t events_per_window)
{
    switch (leaf->kind) {
    case LEAF_OLDEST:
    case LEAF_TALLY:
    case LEAF_TOTALS:
    case LEAF_LAST:
    case LEAF_FIRST:
    case LEAF_DECAY:
        return 1;
    case LEAF_TIMES:
    case LEAF_SEEN:
        return leaf->keep > 0 ? leaf->keep : events_per_window;
    case LEAF_COUNTS:
    case LEAF_SUFFIX:
    case LEAF_NUMBERS:
    case LEAF_RECORDS:
    case LEAF_SEQ:
    case LEAF_UNANSWERED:
        return events_per_window;
    }
    return events_per_window;
}

size_t
estimate_user_bytes(const struct plan *plan, uint32_t events_per_window, uint32_t events)
{
    size_t bytes = ESTIMATE_USER_BYTES;

    for (uint32_t i = 0; i < plan->leaf_count; i++) {
        const struct plan_leaf *leaf = &plan->leaves[i];
        uint32_t entries = estimate_entries_max(leaf, events_per_window);

        if (entries > events)
            entries = events;
        bytes += ESTIMATE_LEAF_BYTES + entries * estimate_entry_bytes(leaf);
    }
    return bytes;
}
