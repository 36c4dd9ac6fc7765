/* Pages of equal blocks, and pages of their own for large blocks. */
#include "pipeline/engine/slab.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "config/base/check.h"

#define PAGE_BYTES ((size_t)65536)
#define PAGE_HEAD_BYTES ((size_t)64)
#define STEP_BYTES ((size_t)32)
#define SMALL_BYTES_MAX ((size_t)512)
#define SMALL_CLASSES (SMALL_BYTES_MAX / STEP_BYTES)
#define LARGE_BYTES_MIN (PAGE_BYTES / 4)
#define CLASS_COUNT 37 /* 16 small ones, then 4 to each of 5 doublings, and a rest */
#define GROUP_PAGES 16 /* taken from the system at once: single ones would leave gaps */

struct slab_page {
    struct slab_page *next,
        *prev;       /* pages of the class that have a free block; or all large ones */
    void *free;      /* blocks given back, linked through their first word */
    size_t capacity; /* of one block */
    uint32_t class;
    uint32_t live;
    uint32_t fresh; /* blocks never taken yet lie behind this many */
    uint32_t block_count;
    bool large;
};

struct slab {
    struct slab_page *open[CLASS_COUNT]; /* pages with a free block */
    struct slab_page *full;              /* small pages without one */
    struct slab_page *large;
    struct slab_page *spare;
    void **groups;
    uint32_t group_count, group_capacity;
    uint32_t group_used; /* pages of the last group that have been given out */
    size_t bytes;
};

static size_t
slab_class_bytes(uint32_t class)
{
    size_t doubling, quarter;

    if (class < SMALL_CLASSES)
        return (class + 1) * STEP_BYTES;
    doubling = (class - SMALL_CLASSES) / 4;
    quarter = (class - SMALL_CLASSES) % 4 + 1;
    return (SMALL_BYTES_MAX << doubling) + quarter * ((SMALL_BYTES_MAX / 4) << doubling);
}

static uint32_t
slab_class_of(size_t bytes)
{
    uint32_t class;

    if (bytes <= SMALL_BYTES_MAX)
        return bytes == 0 ? 0 : (uint32_t)((bytes - 1) / STEP_BYTES);
    class = (uint32_t)SMALL_CLASSES;
    while (slab_class_bytes(class) < bytes)
        class ++;
    CHECK(class < CLASS_COUNT);
    return class;
}

static struct slab_page *
slab_page_of(const void *block)
{
    return (struct slab_page *)((uintptr_t)block & ~(uintptr_t)(PAGE_BYTES - 1));
}

static void
slab_link(struct slab_page **list, struct slab_page *page)
{
    page->prev = NULL;
    page->next = *list;
    if (page->next != NULL)
        page->next->prev = page;
    *list = page;
}

static void
slab_unlink(struct slab_page **list, struct slab_page *page)
{
    if (page->next != NULL)
        page->next->prev = page->prev;
    if (page->prev != NULL)
        page->prev->next = page->next;
    else
        *list = page->next;
}

static void *
slab_pages_new(size_t bytes)
{
    void *pages = aligned_alloc(PAGE_BYTES, bytes);

    CHECK(pages != NULL);
    return pages;
}

static struct slab_page *
slab_page_fresh(struct slab *slab)
{
    if (slab->group_count == 0 || slab->group_used == GROUP_PAGES) {
        if (slab->group_count == slab->group_capacity) {
            slab->group_capacity = slab->group_capacity * 2 + 4;
            slab->groups = realloc(slab->groups, slab->group_capacity * sizeof(*slab->groups));
            CHECK(slab->groups != NULL);
        }
        slab->groups[slab->group_count++] = slab_pages_new(GROUP_PAGES * PAGE_BYTES);
        slab->group_used = 0;
    }
    return (struct slab_page *)(void *)((char *)slab->groups[slab->group_count - 1] +
                                        PAGE_BYTES * slab->group_used++);
}

static struct slab_page *
slab_page_open(struct slab *slab, uint32_t class)
{
    struct slab_page *page = slab->spare;

    if (page != NULL)
        slab_unlink(&slab->spare, page);
    else
        page = slab_page_fresh(slab);
    *page = (struct slab_page){.capacity = slab_class_bytes(class), .class = class};
    page->block_count = (uint32_t)((PAGE_BYTES - PAGE_HEAD_BYTES) / page->capacity);
    slab_link(&slab->open[class], page);
    return page;
}

static void *
slab_take_large(struct slab *slab, size_t bytes)
{
    size_t whole = (PAGE_HEAD_BYTES + bytes + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
    struct slab_page *page = slab_pages_new(whole);

    *page = (struct slab_page){.capacity = whole - PAGE_HEAD_BYTES, .large = true, .live = 1};
    slab_link(&slab->large, page);
    slab->bytes += page->capacity;
    return (char *)page + PAGE_HEAD_BYTES;
}

struct slab *
slab_new(void)
{
    struct slab *slab = calloc(1, sizeof(*slab));

    CHECK(slab != NULL);
    CHECK(sizeof(struct slab_page) <= PAGE_HEAD_BYTES);
    return slab;
}

void
slab_free(struct slab *slab)
{
    if (slab == NULL)
        return;
    while (slab->large != NULL) {
        struct slab_page *next = slab->large->next;
        free(slab->large);
        slab->large = next;
    }
    for (uint32_t i = 0; i < slab->group_count; i++)
        free(slab->groups[i]);
    free(slab->groups);
    free(slab);
}

void *
slab_take(struct slab *slab, size_t bytes)
{
    uint32_t class;
    struct slab_page *page;
    void *block;

    if (bytes > LARGE_BYTES_MIN)
        return slab_take_large(slab, bytes);
    class = slab_class_of(bytes);
    page = slab->open[class];
    if (page == NULL)
        page = slab_page_open(slab, class);
    block = page->free;
    if (block != NULL)
        page->free = *(void **)block;
    else
        block = (char *)page + PAGE_HEAD_BYTES + page->capacity * page->fresh++;
    page->live++;
    if (page->live == page->block_count) {
        slab_unlink(&slab->open[class], page);
        slab_link(&slab->full, page);
    }
    slab->bytes += page->capacity;
    return block;
}

/* An empty page serves whatever class needs one next. */
static void
slab_page_close(struct slab *slab, struct slab_page *page)
{
    slab_unlink(&slab->open[page->class], page);
    slab_link(&slab->spare, page);
}

void
slab_give(struct slab *slab, void *block)
{
    struct slab_page *page = slab_page_of(block);

    CHECK(page->live > 0);
    CHECK(slab->bytes >= page->capacity);
    slab->bytes -= page->capacity;
    if (page->large) {
        slab_unlink(&slab->large, page);
        free(page);
        return;
    }
    if (page->live == page->block_count) {
        slab_unlink(&slab->full, page);
        slab_link(&slab->open[page->class], page);
    }
    *(void **)block = page->free;
    page->free = block;
    page->live--;
    if (page->live == 0)
        slab_page_close(slab, page);
}

size_t
slab_capacity(const void *block)
{
    return slab_page_of(block)->capacity;
}

size_t
slab_bytes(const struct slab *slab)
{
    return slab->bytes;
}
