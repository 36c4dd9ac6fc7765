#ifndef FOOTPRINT_CLOCK_H
#define FOOTPRINT_CLOCK_H

/*
 * The only place that asks what time it is. Any thread.
 */

#include <stdint.h>

int64_t clock_wall_ms(void); /* since the epoch; may be set back */
int64_t clock_mono_us(void); /* since some instant; never goes back */

#endif
