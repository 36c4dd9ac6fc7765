/*
 * Loaded before a program (LD_PRELOAD): counts how often its own code asks for memory, libraries
 * not included, and from where. All of it stands in the file that FOOTPRINT_ALLOCATIONS names, for
 * others to read at any time: struct allocations. Needs frame pointers.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define FRAMES 4
#define SITES 1024

struct allocations {
    uint64_t own;
    uint64_t all;
    struct {
        uint64_t frames[FRAMES]; /* from the innermost, relative to the program's start; 0: none */
        uint64_t count;
    } sites[SITES]; /* the first without a frame ends them */
};

static struct allocations unseen;
static struct allocations *seen = &unseen;
static uintptr_t own_base, own_first, own_end;
static atomic_flag busy = ATOMIC_FLAG_INIT;
static void *(*next_malloc)(size_t);
static void *(*next_calloc)(size_t, size_t);
static void *(*next_realloc)(void *, size_t);

/* The first object is the program. */
static int
allocations_own(struct dl_phdr_info *info, size_t size, void *opaque)
{
    (void)size;
    (void)opaque;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];

        if (part->p_type != PT_LOAD || (part->p_flags & PF_X) == 0)
            continue;
        own_base = info->dlpi_addr;
        own_first = info->dlpi_addr + part->p_vaddr;
        own_end = own_first + part->p_memsz;
    }
    return 1;
}

__attribute__((constructor)) static void
allocations_begin(void)
{
    const char *path = getenv("FOOTPRINT_ALLOCATIONS");
    int fd = path == NULL ? -1 : open(path, O_RDWR | O_CREAT, 0644);
    void *shared = MAP_FAILED;

    dl_iterate_phdr(allocations_own, NULL);
    if (fd >= 0 && ftruncate(fd, sizeof(unseen)) == 0)
        shared = mmap(NULL, sizeof(unseen), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (shared != MAP_FAILED)
        seen = shared;
    if (fd >= 0)
        close(fd);
}

static bool
allocations_is_own(uintptr_t place)
{
    return place >= own_first && place < own_end;
}

/* The frames of our own code above the call; what is no return address of ours ends them. */
static void
allocations_frames(const uintptr_t *frame, uint64_t frames[FRAMES])
{
    for (int i = 0; i < FRAMES && allocations_is_own(frame[1]); i++) {
        frames[i] = frame[1] - own_base;
        if (frame[0] <= (uintptr_t)frame)
            return;
        frame = (const uintptr_t *)frame[0]; /* NOLINT */
    }
}

static void
allocations_count(const uintptr_t *frame)
{
    uint64_t frames[FRAMES] = {0};
    bool own = allocations_is_own(frame[1]);
    int site = 0;

    if (own)
        allocations_frames(frame, frames);
    while (atomic_flag_test_and_set_explicit(&busy, memory_order_acquire))
        continue;
    seen->all++;
    seen->own += own;
    while (own && site < SITES && seen->sites[site].frames[0] != 0 &&
           memcmp(seen->sites[site].frames, frames, sizeof(frames)) != 0)
        site++;
    if (own && site < SITES) {
        memcpy(seen->sites[site].frames, frames, sizeof(frames));
        seen->sites[site].count++;
    }
    atomic_flag_clear_explicit(&busy, memory_order_release);
}

/* The allocator that the program would have: libc's, or the one it is linked with. */
static void
allocations_find(void)
{
    next_realloc = (void *(*)(void *, size_t))dlsym(RTLD_NEXT, "realloc");
    next_calloc = (void *(*)(size_t, size_t))dlsym(RTLD_NEXT, "calloc");
    next_malloc = (void *(*)(size_t))dlsym(RTLD_NEXT, "malloc");
}

__attribute__((visibility("default"))) void *
malloc(size_t size)
{
    if (next_malloc == NULL)
        allocations_find();
    allocations_count(__builtin_frame_address(0));
    return next_malloc(size);
}

__attribute__((visibility("default"))) void *
calloc(size_t count, size_t size)
{
    if (next_calloc == NULL)
        allocations_find();
    allocations_count(__builtin_frame_address(0));
    return next_calloc(count, size);
}

__attribute__((visibility("default"))) void *
realloc(void *old, size_t size)
{
    if (next_realloc == NULL)
        allocations_find();
    allocations_count(__builtin_frame_address(0));
    return next_realloc(old, size);
}
