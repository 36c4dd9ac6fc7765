#ifndef FOOTPRINT_CTL_SCREEN_H
#define FOOTPRINT_CTL_SCREEN_H

/*
 * Pictures from the daemon, each drawn over the last one where standard output is a terminal.
 */

#include "daemon/ctl/runtime.h"

int screen_show(struct runtime_call *call);

#endif
