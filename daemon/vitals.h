#ifndef FOOTPRINT_VITALS_H
#define FOOTPRINT_VITALS_H

/* What the kernel knows of this process. */

#include <stdint.h>

int64_t vitals_resident_bytes(void); /* 0: not known */
double vitals_cpu_seconds(void);     /* of all threads, user and system */

#endif
