#ifndef FOOTPRINT_CTL_SHOW_H
#define FOOTPRINT_CTL_SHOW_H

/* footprintctl config: every setting that holds, and where it came from. */

int ctl_config(int argc, char **argv);

#endif
