/* A reload whose result is thrown away: what would be refused, or who would enter and leave what.
 */
#include "daemon/rehearsal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/check.h"
#include "daemon/lane.h"

enum rehearsal_state {
    REHEARSAL_OVER,
    REHEARSAL_LOADING,
    REHEARSAL_LOADED,
    REHEARSAL_TRYING
};

struct rehearsal {
    struct pipeline_job job; /* first: the job is the rehearsal */
    const struct reload *reload;
    struct lane *lane;
    enum rehearsal_state state;
    struct config *config; /* NULL: refused */
    struct buffer text;
    struct trial *trial;
    char rules[16];
};

static void
rehearsal_work(struct pipeline_job *job)
{
    struct rehearsal *rehearsal = (struct rehearsal *)job;
    struct report *report = report_new();

    rehearsal->config = reload_load(rehearsal->reload, report);
    report_print(report, &rehearsal->text);
    report_free(report);
}

struct rehearsal *
rehearsal_new(const struct reload *reload, void (*wake)(void *opaque), void *opaque)
{
    struct rehearsal *rehearsal = calloc(1, sizeof(*rehearsal));

    CHECK(rehearsal != NULL);
    rehearsal->job.work = rehearsal_work;
    rehearsal->reload = reload;
    rehearsal->lane = lane_new(wake, opaque);
    rehearsal->trial = trial_new();
    buffer_init(&rehearsal->text);
    return rehearsal;
}

void
rehearsal_free(struct rehearsal *rehearsal)
{
    if (rehearsal == NULL)
        return;
    lane_free(rehearsal->lane);
    config_free(rehearsal->config);
    trial_free(rehearsal->trial);
    buffer_fini(&rehearsal->text);
    free(rehearsal);
}

bool
rehearsal_ask(struct rehearsal *rehearsal)
{
    if (rehearsal->state != REHEARSAL_OVER)
        return false;
    config_free(rehearsal->config);
    trial_free(rehearsal->trial);
    rehearsal->config = NULL;
    rehearsal->trial = trial_new();
    buffer_clear(&rehearsal->text);
    rehearsal->state = REHEARSAL_LOADING;
    lane_run(rehearsal->lane, &rehearsal->job);
    return true;
}

/* The same rules have nothing to say; nor have wrong ones. */
static void
rehearsal_loaded(struct rehearsal *rehearsal)
{
    const struct config *config = rehearsal->config, *was = reload_config(rehearsal->reload);

    rehearsal->state = REHEARSAL_OVER;
    if (config != NULL) {
        snprintf(rehearsal->rules, sizeof(rehearsal->rules), "%s", config->plan->rules_id);
        if (config->waiting[0] != '\0')
            buffer_printf(&rehearsal->text, "needs a restart: %s\n", config->waiting);
        if (strcmp(config->state_id, was->state_id) == 0) {
            buffer_printf(&rehearsal->text, "rules %s, as before\n", rehearsal->rules);
        } else {
            reload_print_difference(was, config, &rehearsal->text);
            buffer_add_char(&rehearsal->text, '\n');
            rehearsal->state = REHEARSAL_LOADED;
        }
    }
    buffer_add_char(&rehearsal->text, '\0');
}

void
rehearsal_turn(struct rehearsal *rehearsal, struct crew *crew)
{
    if (rehearsal->state == REHEARSAL_LOADING && lane_finished(rehearsal->lane) != NULL)
        rehearsal_loaded(rehearsal);
    if (rehearsal->state == REHEARSAL_LOADED && crew == NULL) {
        buffer_add_literal(&rehearsal->trial->left_out, "no partition is here yet\n");
        rehearsal->state = REHEARSAL_OVER;
    } else if (rehearsal->state == REHEARSAL_LOADED) {
        crew_try(crew, rehearsal->config);
        rehearsal->state = REHEARSAL_TRYING;
    }
    if (rehearsal->state == REHEARSAL_TRYING && crew_tried(crew, rehearsal->trial)) {
        trial_leave_out_rest(rehearsal->trial);
        trial_sort(rehearsal->trial);
        rehearsal->state = REHEARSAL_OVER;
    }
}

bool
rehearsal_is_loading(const struct rehearsal *rehearsal)
{
    return rehearsal->state == REHEARSAL_LOADING;
}

void
rehearsal_report(const struct rehearsal *rehearsal, struct rehearsal_report *ret_report)
{
    *ret_report = (struct rehearsal_report){
        .over = rehearsal->state == REHEARSAL_OVER,
        .good = rehearsal->config != NULL,
        .text = rehearsal->text.length > 0 ? rehearsal->text.bytes : "",
        .trial = rehearsal->trial,
    };
    snprintf(ret_report->rules, sizeof(ret_report->rules), "%s", rehearsal->rules);
}
