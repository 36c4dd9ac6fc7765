/* A score with a half-life: one number as of one instant, from which every other follows. */
#include <math.h>

#include "config/base/check.h"
#include "pipeline/engine/instant.h"
#include "pipeline/engine/trail.h"

/* A score that falls short of a constant by less than this part of it has reached it. */
#define DECAY_TOLERANCE 1e-12

double
decay_score(const struct trail_score *score, int64_t half_life_ms, int64_t at)
{
    return score->score * exp2(-((double)(at - score->at) / (double)half_life_ms));
}

static double
decay_goal(int64_t number)
{
    double goal = (double)number / (double)NUMBER_ONE;

    return goal - goal * DECAY_TOLERANCE;
}

bool
decay_reaches(const struct trail_score *score, int64_t half_life_ms, int64_t at, int64_t number)
{
    if (number <= 0)
        return true;
    return decay_score(score, half_life_ms, at) > decay_goal(number);
}

/*
 * The logarithm is near; the exact millisecond is where the very comparison that decides turns
 * over, so it is sought by that comparison, in steps that double.
 */
int64_t
decay_falls(const struct trail_score *score, int64_t half_life_ms, int64_t at, int64_t number)
{
    double ahead;
    int64_t low = at, high, step = 1;

    if (number <= 0)
        return PLAN_NEVER;
    CHECK(decay_reaches(score, half_life_ms, at, number));
    ahead = (double)half_life_ms * log2(decay_score(score, half_life_ms, at) / decay_goal(number));
    if (!(ahead < (double)(INT64_MAX / 4)))
        return PLAN_NEVER;
    high = instant_after(at, (int64_t)ahead + 1);
    while (decay_reaches(score, half_life_ms, high, number)) {
        low = high;
        high = instant_after(high, step);
        step *= 2;
    }
    /* Reached at low, not reached at high; the turn is close below high. */
    for (step = 1; high - step > low && !decay_reaches(score, half_life_ms, high - step, number);
         step *= 2)
        high -= step;
    if (high - step > low)
        low = high - step;
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (decay_reaches(score, half_life_ms, middle, number))
            low = middle;
        else
            high = middle;
    }
    return high;
}

bool
decay_add(struct trail *trail, uint32_t leaf)
{
    const struct plan_leaf *rule = trail_leaf(trail, leaf);
    double weight = 1;
    struct trail_score *score;
    struct list list;

    if (rule->field != PLAN_NONE) {
        const struct value *value = match_value(trail->match, rule->field);
        if (value->kind != VALUE_NUMBER || value->number < 0)
            return false;
        weight = (double)value->number / (double)NUMBER_ONE;
    }
    list = list_open(trail->hand, leaf, 0, sizeof(*score));
    if (list.count == 0) {
        score = list_insert(&list, 0, 0);
        *score = (struct trail_score){.at = trail->ts, .score = weight};
        return true;
    }
    score = list_entry(&list, 0);
    if (trail->ts >= score->at) {
        score->score = decay_score(score, rule->within_ms, trail->ts) + weight;
        score->at = trail->ts;
    } else {
        struct trail_score late = {.at = trail->ts, .score = weight};
        score->score += decay_score(&late, rule->within_ms, score->at);
    }
    return true;
}
