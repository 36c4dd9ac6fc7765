#ifndef FOOTPRINT_VERSION_H
#define FOOTPRINT_VERSION_H

/* Prints version, build and libraries on stdout. */
void version_print(void);

#endif
