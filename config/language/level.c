/* Levels of segments by counting down what they wait for, and the circles that are left over. */
#include "config/language/level.h"

#include <stdlib.h>

#include "config/base/buffer.h"
#include "config/base/check.h"
#include "config/language/complain.h"

#define LEVEL_CIRCLE_SHOWN 8

struct level_graph {
    struct rulebook *book;
    uint32_t *waiting;   /* per rule: members that have no level yet */
    uint32_t *first;     /* per rule: into followers */
    uint32_t *followers; /* the rules that name a rule, one rule after another */
    uint32_t *ready;     /* rules whose level is known */
    uint32_t ready_count;
};

/* Followers by rule: count, sum up, fill in. */
static void
level_followers(struct level_graph *graph)
{
    struct rulebook *book = graph->book;
    uint32_t *at = arena_take_zeroed(book->arena, (book->count + 1) * sizeof(*at));
    uint32_t total = 0;

    for (uint32_t i = 0; i < book->count; i++) {
        graph->waiting[i] = book->rules[i].member_count;
        for (uint32_t j = 0; j < book->rules[i].member_count; j++)
            at[book->rules[i].members[j].rule]++;
        total += book->rules[i].member_count;
    }
    graph->followers = arena_take(book->arena, (total + 1) * sizeof(*graph->followers));
    total = 0;
    for (uint32_t i = 0; i < book->count; i++) {
        graph->first[i] = total;
        total += at[i];
        at[i] = graph->first[i];
    }
    graph->first[book->count] = total;
    for (uint32_t i = 0; i < book->count; i++) {
        for (uint32_t j = 0; j < book->rules[i].member_count; j++)
            graph->followers[at[book->rules[i].members[j].rule]++] = i;
    }
}

static void
level_settle(struct level_graph *graph)
{
    struct rule *rules = graph->book->rules;

    for (uint32_t i = 0; i < graph->book->count; i++) {
        rules[i].level = 0;
        if (graph->waiting[i] == 0)
            graph->ready[graph->ready_count++] = i;
    }
    for (uint32_t at = 0; at < graph->ready_count; at++) {
        uint32_t rule = graph->ready[at];

        for (uint32_t i = graph->first[rule]; i < graph->first[rule + 1]; i++) {
            uint32_t follower = graph->followers[i];

            if (rules[follower].level <= rules[rule].level)
                rules[follower].level = rules[rule].level + 1;
            if (--graph->waiting[follower] == 0)
                graph->ready[graph->ready_count++] = follower;
        }
    }
}

/* A member of the rule that is still waited for. */
static const struct rule_member *
level_unsettled(const struct level_graph *graph, const struct rule *rule)
{
    for (uint32_t i = 0; i < rule->member_count; i++) {
        if (graph->waiting[rule->members[i].rule] > 0)
            return &rule->members[i];
    }
    CHECK_NEVER();
}

/* Says "a -> b -> a" at the member() in a. */
static void
level_complain(const struct level_graph *graph, uint32_t start)
{
    const struct rule *rules = graph->book->rules, *first = &rules[start];
    struct origin origin = {first->when_node, graph->book->report};
    struct buffer circle;
    uint32_t rule = start, shown = 0;

    buffer_init(&circle);
    buffer_add_text(&circle, first->name);
    do {
        rule = level_unsettled(graph, &rules[rule])->rule;
        buffer_add_literal(&circle, " -> ");
        if (++shown > LEVEL_CIRCLE_SHOWN && rule != start)
            buffer_add_literal(&circle, "...");
        else
            buffer_add_text(&circle, rules[rule].name);
    } while (rule != start && shown <= LEVEL_CIRCLE_SHOWN);
    complain(&origin, level_unsettled(graph, first)->offset,
        "member() goes in a circle: %.*s; a segment can't depend on itself", (int)circle.length,
        circle.bytes);
    buffer_fini(&circle);
}

/* Every rule that is left leads into a circle: walks to it and says it once. */
static void
level_circles(const struct level_graph *graph)
{
    const struct rulebook *book = graph->book;
    uint32_t *walk = arena_take_zeroed(book->arena, (book->count + 1) * sizeof(*walk));

    for (uint32_t i = 0; i < book->count; i++) {
        uint32_t rule = i;

        if (graph->waiting[i] == 0 || walk[i] != 0)
            continue;
        for (; walk[rule] == 0; rule = level_unsettled(graph, &book->rules[rule])->rule)
            walk[rule] = i + 1;
        if (walk[rule] == i + 1)
            level_complain(graph, rule);
    }
}

static int
level_compare(const void *left, const void *right)
{
    const struct rule *a = *(struct rule *const *)left, *b = *(struct rule *const *)right;

    if (a->level != b->level)
        return a->level < b->level ? -1 : 1;
    return text_compare(a->name, b->name);
}

struct rule **
level_order(struct rulebook *book)
{
    struct level_graph graph = {.book = book};
    struct rule **order = arena_take(book->arena, (book->count + 1) * sizeof(struct rule *));

    graph.waiting = arena_take_zeroed(book->arena, (book->count + 1) * sizeof(uint32_t));
    graph.first = arena_take_zeroed(book->arena, (book->count + 1) * sizeof(uint32_t));
    graph.ready = arena_take_zeroed(book->arena, (book->count + 1) * sizeof(uint32_t));
    level_followers(&graph);
    level_settle(&graph);
    if (graph.ready_count < book->count) {
        level_circles(&graph);
        return NULL;
    }
    for (uint32_t i = 0; i < book->count; i++)
        order[i] = &book->rules[i];
    qsort(order, book->count, sizeof(struct rule *), level_compare);
    for (uint32_t i = 0; i < book->count; i++)
        order[i]->number = i;
    return order;
}
