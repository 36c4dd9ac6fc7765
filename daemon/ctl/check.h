#ifndef FOOTPRINT_CTL_CHECK_H
#define FOOTPRINT_CTL_CHECK_H

/* footprintctl check; argv[0] is "check". Returns the exit code. */
int ctl_check(int argc, char **argv);

#endif
