#ifndef FOOTPRINT_CTL_SEND_H
#define FOOTPRINT_CTL_SEND_H

/* footprintctl send; argv[0] is "send". Returns the exit code. */
int ctl_send(int argc, char **argv);

#endif
