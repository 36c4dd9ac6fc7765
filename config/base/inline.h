#ifndef FOOTPRINT_BASE_INLINE_H
#define FOOTPRINT_BASE_INLINE_H

/*
 * Where a function's body goes, for the few places in which the compiler's own choice was measured
 * to cost: what every event passes through stays in one piece, what is rare stays out of it.
 */

#define INLINE_ALWAYS inline __attribute__((always_inline))
#define INLINE_NEVER __attribute__((noinline))

#endif
