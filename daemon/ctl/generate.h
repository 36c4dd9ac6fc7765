#ifndef FOOTPRINT_CTL_GENERATE_H
#define FOOTPRINT_CTL_GENERATE_H

/* footprintctl generate; argv[0] is "generate". Returns the exit code. */
int ctl_generate(int argc, char **argv);

#endif
