#ifndef FOOTPRINT_REHEARSAL_H
#define FOOTPRINT_REHEARSAL_H

/*
 * A reload whose result is thrown away: what would be refused, or who would enter and leave what.
 *
 *   asked -> loading, on a thread of its own -> refused, or the same rules: over
 *                                            -> trying: partitions count, one by one -> over
 *
 * One at a time. Used by the control thread alone.
 */

#include "daemon/reload.h"
#include "pipeline/partition/trial.h"

struct rehearsal;

/* The reload must outlive it. `wake` is called on the loading thread: call rehearsal_turn soon. */
struct rehearsal *rehearsal_new(
    const struct reload *reload, void (*wake)(void *opaque), void *opaque);
/* After the workers have gone. */
void rehearsal_free(struct rehearsal *rehearsal);
/* False: one is under way. */
bool rehearsal_ask(struct rehearsal *rehearsal);
void rehearsal_turn(struct rehearsal *rehearsal, struct crew *crew);
/* A load is under way: the process must not end. */
bool rehearsal_is_loading(const struct rehearsal *rehearsal);

/* The last one; borrowed until the next is asked for. */
struct rehearsal_report {
    bool over;
    bool good;
    const char *text; /* what is wrong, or what is different; lines */
    char rules[16];   /* of the rules that were tried */
    const struct trial *trial;
};
void rehearsal_report(const struct rehearsal *rehearsal, struct rehearsal_report *ret_report);

#endif
