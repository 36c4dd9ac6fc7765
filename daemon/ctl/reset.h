#ifndef FOOTPRINT_CTL_RESET_H
#define FOOTPRINT_CTL_RESET_H

int ctl_reset(int argc, char **argv);

#endif
