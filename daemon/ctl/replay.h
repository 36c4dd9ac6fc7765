#ifndef FOOTPRINT_CTL_REPLAY_H
#define FOOTPRINT_CTL_REPLAY_H

/* footprintctl replay; argv[0] is "replay". Returns the exit code. */
int ctl_replay(int argc, char **argv);

#endif
