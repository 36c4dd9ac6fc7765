#ifndef FOOTPRINT_MAPPING_READ_H
#define FOOTPRINT_MAPPING_READ_H

/*
 * input.preset and input.mapping to a mapping: the preset's pointers, overridden key by key.
 *
 *   user, type, time, id   a JSON pointer or a list of them; id: [] for events without one
 *   time_unit              auto, s, ms, us, ns
 *   fields                 {NAME: pointer or list}
 *   fields_from            pointer or list, "" for the whole payload
 */

#include "config/base/arena.h"
#include "config/base/buffer.h"
#include "config/mapping.h"
#include "config/settings/reader.h"

/* What is wrong goes to the reader's report. Texts and fields lie in the reader's arena. */
void mapping_read(const struct reader *reader, struct mapping *ret_mapping);

/* The same text for every way to write the same mapping. */
void mapping_read_canonical(const struct mapping *mapping, struct buffer *out);

#endif
