/* Loads the files again beside what runs, and hands over what is good. */
#include "daemon/reload.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/check.h"
#include "config/base/report.h"
#include "daemon/clock.h"
#include "daemon/lane.h"
#include "daemon/load.h"
#include "daemon/log.h"
#include "daemon/notify.h"

#define RELOAD_NAMES_MAX 20 /* of segments that a difference names */

/* A config that partitions may still refer to. */
struct reload_retired {
    struct reload_retired *next;
    struct config *config;
};

struct reload {
    struct pipeline_job job; /* first: the job is the reload */
    const struct options *options;
    const struct config *start;
    struct lane *lane;
    bool loading;
    bool early; /* begun before there were workers: a start is not announced by it */
    bool told;  /* the workers have what is owned */
    uint64_t asked, begun, done;
    /* What the thread leaves. */
    struct config *loaded;
    struct buffer complaints;
    size_t error_count;
    /* In force. */
    struct config *owned; /* NULL: it is `start` */
    struct settings settings;
    struct reload_retired *retired;
    bool settled;
    /* How the last one ended. */
    bool good;
    int64_t at_ms;
    uint64_t count, refused;
    struct buffer text;
};

/* --- loading, on the thread ---------------------------------------------------------------------- */

/* As a start would; then with the values that can't change now, by which rules may be refused. */
struct config *
reload_load(const struct reload *reload, struct report *report)
{
    struct config *config = load_config(reload->options, NULL, report);

    if (config == NULL)
        return NULL;
    config_free(config);
    return load_config(reload->options, reload->start, report);
}

static void
reload_work(struct pipeline_job *job)
{
    struct reload *reload = (struct reload *)job;
    struct report *report = report_new();

    reload->loaded = reload_load(reload, report);
    reload->error_count = report_error_count(report);
    buffer_clear(&reload->complaints);
    report_print(report, &reload->complaints);
    report_free(report);
}

static void
reload_begin(struct reload *reload, bool early)
{
    reload->loading = true;
    reload->begun = reload->asked;
    reload->early = early;
    if (!early)
        notify_reloading();
    lane_run(reload->lane, &reload->job);
}

/* --- what is different --------------------------------------------------------------------------- */

/* The number of segments of `plan` that `other` does not have, or has otherwise; names some. */
static uint32_t
reload_compare(
    const struct plan *plan, const struct plan *other, bool changed, struct buffer *names)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < plan->segment_count; i++) {
        struct text name = plan->segments[i].name;
        uint32_t found = plan_segment_find(other, name);
        bool differs = found != PLAN_NONE && plan->segments[i].id != other->segments[found].id;

        if (changed ? !differs : found != PLAN_NONE)
            continue;
        if (count++ < RELOAD_NAMES_MAX)
            buffer_printf(names, "%s%.*s", count > 1 ? ", " : " (", (int)name.length, name.bytes);
    }
    if (count > RELOAD_NAMES_MAX)
        buffer_add_literal(names, ", ...");
    if (count > 0)
        buffer_add_char(names, ')');
    return count;
}

static void
reload_print_count(const struct plan *plan, const struct plan *other, bool changed,
    const char *what, struct buffer *out)
{
    struct buffer names;
    uint32_t count;

    buffer_init(&names);
    count = reload_compare(plan, other, changed, &names);
    buffer_printf(out, ", %" PRIu32 " %s%.*s", count, what, (int)names.length,
        names.bytes == NULL ? "" : names.bytes);
    buffer_fini(&names);
}

void
reload_print_difference(const struct config *was, const struct config *is, struct buffer *out)
{
    buffer_printf(out, "rules %s, before %s: %" PRIu32 " segments", is->plan->rules_id,
        was->plan->rules_id, is->plan->segment_count);
    reload_print_count(is->plan, was->plan, false, "new", out);
    reload_print_count(is->plan, was->plan, true, "changed", out);
    reload_print_count(was->plan, is->plan, false, "gone", out);
}

/* --- its end --------------------------------------------------------------------------------------- */

/* A line of a report that begins with a blank shows the source: not for the log. */
static void
reload_log_complaints(const struct reload *reload)
{
    const char *at = reload->complaints.bytes, *end = at + reload->complaints.length;

    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));

        if (stop == NULL)
            stop = end;
        if (stop > at && *at != ' ')
            log_line(reload->loaded == NULL ? LOG_ERROR_LINE : LOG_WARN_LINE, "reload-found",
                LOG_NOBODY, LOG_NOBODY, "%.*s", (int)(stop - at), at);
        at = stop + 1;
    }
}

static void
reload_refuse(struct reload *reload)
{
    reload->good = false;
    reload->refused++;
    buffer_add(&reload->text, reload->complaints.bytes, reload->complaints.length);
    log_line(LOG_ERROR_LINE, "reload-refused", LOG_NOBODY, LOG_NOBODY,
        "reload %" PRIu64 ": %zu errors; settings and rules stay as they are, rules %s",
        reload->done, reload->error_count, reload_config(reload)->plan->rules_id);
}

/* The settings that can change now; texts of the others are the start's. */
static void
reload_take_settings(struct reload *reload)
{
    const struct config *config = reload->loaded;

    reload->settings = config->settings;
    log_init(config->settings.log_format, (enum log_level)config->settings.log_level);
    if (config->waiting[0] == '\0')
        return;
    buffer_printf(&reload->text, "needs a restart: %s\n", config->waiting);
    log_line(LOG_WARN_LINE, "reload-waiting", LOG_NOBODY, LOG_NOBODY,
        "reload %" PRIu64 ": needs a restart: %s", reload->done, config->waiting);
}

static bool
reload_take_rules(struct reload *reload)
{
    const struct config *was = reload_config(reload);
    size_t from = reload->text.length;
    struct reload_retired *retired;

    if (strcmp(reload->loaded->state_id, was->state_id) == 0 &&
        reload->loaded->settings.revision == was->settings.revision) {
        buffer_printf(&reload->text, "rules %s, as before\n", was->plan->rules_id);
        log_line(LOG_INFO_LINE, "reload", LOG_NOBODY, LOG_NOBODY,
            "reload %" PRIu64 ": rules %s, as before", reload->done, was->plan->rules_id);
        config_free(reload->loaded);
        return false;
    }
    reload_print_difference(was, reload->loaded, &reload->text);
    log_line(LOG_INFO_LINE, "reload", LOG_NOBODY, LOG_NOBODY, "reload %" PRIu64 ": %.*s",
        reload->done, (int)(reload->text.length - from), reload->text.bytes + from);
    buffer_add_char(&reload->text, '\n');
    if (reload->owned != NULL) {
        retired = calloc(1, sizeof(*retired));
        CHECK(retired != NULL);
        *retired = (struct reload_retired){reload->retired, reload->owned};
        reload->retired = retired;
    }
    reload->owned = reload->loaded;
    reload->settled = reload->told = false;
    return true;
}

static bool
reload_end(struct reload *reload)
{
    bool other = false;

    reload->loading = false;
    reload->done = reload->begun;
    reload->count++;
    reload->at_ms = clock_wall_ms();
    buffer_clear(&reload->text);
    reload_log_complaints(reload);
    if (reload->loaded == NULL) {
        reload_refuse(reload);
    } else {
        reload->good = true;
        reload_take_settings(reload);
        other = reload_take_rules(reload);
    }
    reload->loaded = NULL;
    buffer_add_char(&reload->text, '\0');
    if (!reload->early)
        notify_ready();
    return other;
}

static void
reload_free_retired(struct reload *reload)
{
    while (reload->retired != NULL) {
        struct reload_retired *retired = reload->retired;

        reload->retired = retired->next;
        config_free(retired->config);
        free(retired);
    }
}

static void
reload_settle(struct reload *reload, struct crew *crew)
{
    if (reload->settled || crew == NULL || !crew_has_settled(crew, reload_config(reload)))
        return;
    reload->settled = true;
    reload_free_retired(reload);
    if (reload->owned != NULL)
        log_line(LOG_INFO_LINE, "reloaded", LOG_NOBODY, LOG_NOBODY,
            "every partition here decides by rules %s", reload_config(reload)->plan->rules_id);
}

bool
reload_turn(struct reload *reload, struct crew *crew)
{
    bool other = false;

    if (reload->loading && lane_finished(reload->lane) != NULL)
        other = reload_end(reload);
    if (!reload->loading && reload->asked != reload->done)
        reload_begin(reload, crew == NULL);
    if (crew != NULL && reload->owned != NULL && !reload->told) {
        crew_reload(crew, reload->owned);
        reload->told = true;
    }
    reload_settle(reload, crew);
    return other;
}

/* --- life ------------------------------------------------------------------------------------------ */

struct reload *
reload_new(const struct options *options, const struct config *start, void (*wake)(void *opaque),
    void *opaque)
{
    struct reload *reload = calloc(1, sizeof(*reload));

    CHECK(reload != NULL);
    reload->job.work = reload_work;
    reload->options = options;
    reload->start = start;
    reload->settings = start->settings;
    reload->good = true;
    reload->at_ms = clock_wall_ms();
    buffer_init(&reload->complaints);
    buffer_init(&reload->text);
    reload->lane = lane_new(wake, opaque);
    return reload;
}

void
reload_free(struct reload *reload)
{
    if (reload == NULL)
        return;
    lane_free(reload->lane);
    config_free(reload->loaded);
    reload_free_retired(reload);
    config_free(reload->owned);
    buffer_fini(&reload->complaints);
    buffer_fini(&reload->text);
    free(reload);
}

uint64_t
reload_ask(struct reload *reload)
{
    return ++reload->asked;
}

bool
reload_is_loading(const struct reload *reload)
{
    return reload->loading;
}

const struct config *
reload_config(const struct reload *reload)
{
    return reload->owned != NULL ? reload->owned : reload->start;
}

const struct settings *
reload_settings(const struct reload *reload)
{
    return &reload->settings;
}

void
reload_report(const struct reload *reload, struct reload_report *ret_report)
{
    *ret_report = (struct reload_report){
        .number = reload->done,
        .good = reload->good,
        .settled = reload->settled,
        .at_ms = reload->at_ms,
        .count = reload->count,
        .refused = reload->refused,
        .text = reload->text.length > 0 ? reload->text.bytes : "",
    };
}
