#ifndef FOOTPRINT_BASE_CHECK_H
#define FOOTPRINT_BASE_CHECK_H

/*
 * Assertions that stay on in release.
 *
 * A CHECK states what the code around it relies on: arguments, invariants at entry and exit, one
 * condition each. What comes from outside (a payload, a file, a server) is never CHECKed: it causes
 * an error. A failed CHECK prints the place and aborts; systemd restarts the daemon, which replays.
 *
 * CHECK_NEVER stands where no way leads, say behind a switch over all values of an enum.
 * CHECK_CAST turns the void * of a callback back into its object and checks the magic word that
 * every such object begins with.
 */

#include <stdint.h>

_Noreturn void check_failed(const char *file, int line, const char *what);

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (__builtin_expect(!(condition), 0))                                                     \
            check_failed(__FILE__, __LINE__, #condition);                                          \
    } while (0)

#define CHECK_NEVER() check_failed(__FILE__, __LINE__, "no way leads here")

#define CHECK_CAST(variable, opaque, magic_word)                                                   \
    do {                                                                                           \
        (variable) = (opaque);                                                                     \
        CHECK((variable) != NULL);                                                                 \
        CHECK((variable)->magic == (magic_word));                                                  \
    } while (0)

#endif
