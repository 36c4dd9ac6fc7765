#ifndef FOOTPRINT_RELOAD_H
#define FOOTPRINT_RELOAD_H

/*
 * Other settings and rules for a process that runs: all of them, or none.
 *
 *   asked -> loading, on a thread of its own -> refused: every error is told, nothing is changed
 *                                            -> taken: the workers' partitions follow, one by one
 *
 * What is loaded is checked as a start checks it. Settings that can't change before a restart keep
 * their values and are named. Asked again while loading, it loads once more afterwards.
 * Used by the control thread alone.
 */

#include <stdbool.h>
#include <stdint.h>

#include "config/base/buffer.h"
#include "config/config.h"
#include "daemon/crew.h"
#include "daemon/options.h"

struct reload;

/* `start`: what the process runs with; it and the options must outlive the reload. `wake` is called
 * on the loading thread: call reload_turn soon. */
struct reload *reload_new(const struct options *options, const struct config *start,
    void (*wake)(void *opaque), void *opaque);
/* After the workers have gone. */
void reload_free(struct reload *reload);
/* The number of the reload that this is answered by. */
uint64_t reload_ask(struct reload *reload);
/* crew: NULL before there is one; what is taken until then it gets as it comes. True: the config in
 * force is another one now. */
bool reload_turn(struct reload *reload, struct crew *crew);
/* A load is under way: the process must not end. */
bool reload_is_loading(const struct reload *reload);

/* The rules in force, and the settings. Until the next reload_turn. */
const struct config *reload_config(const struct reload *reload);
const struct settings *reload_settings(const struct reload *reload);

/* The configuration as a reload would take it, or NULL. Any thread. */
struct config *reload_load(const struct reload *reload, struct report *report);
/* How many segments are new, changed, gone, with some names; no newline. */
void reload_print_difference(const struct config *was, const struct config *is, struct buffer *out);

/* How the last one ended. */
struct reload_report {
    uint64_t number; /* 0: there was none */
    bool good;
    bool settled;  /* every partition here decides by the rules in force */
    int64_t at_ms; /* since the epoch */
    uint64_t count, refused;
    const char *text; /* what is wrong, or what is different; lines */
};
void reload_report(const struct reload *reload, struct reload_report *ret_report);

#endif
