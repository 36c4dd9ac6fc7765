#ifndef FOOTPRINT_CTL_PROFILE_H
#define FOOTPRINT_CTL_PROFILE_H

/* footprintctl profile; argv[0] is "profile". Returns the exit code. */
int ctl_profile(int argc, char **argv);

#endif
