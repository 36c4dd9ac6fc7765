#ifndef FOOTPRINT_PATHS_H
#define FOOTPRINT_PATHS_H

/*
 * The places of a document that are wanted, as a tree of keys.
 *
 *   "/user" "/product/category" "/product/tags/0"        node 0, the document
 *                                                         |-- "user"      1
 *                                                         `-- "product"   2
 *                                                              |-- "category"  3
 *                                                              `-- "tags"      4
 *                                                                   `-- "0"      5
 *
 * Nodes are numbered as they are added, a parent before its children. A key stands for an object's
 * member of that name (unescaped) and, when it is a number without leading zeros, for an array's
 * element too (RFC 6901). Built once, then sealed; after that any thread may read it.
 */

#include <stdint.h>

#include "config/base/text.h"

#define PATHS_NONE UINT32_MAX /* no such node */
#define PATHS_ROOT 0

struct paths;

struct paths *paths_new(void);
void paths_free(struct paths *paths); /* NULL is fine */

/* The child by its key, added if it is not there. The key is copied. Not once sealed. */
uint32_t paths_child(struct paths *paths, uint32_t parent, struct text key);
/* As paths_child, of a key that is surely not there: so many do not cost their square. */
uint32_t paths_child_new(struct paths *paths, uint32_t parent, struct text key);
/* Follows a valid JSON pointer from a node, adding what is missing. Not once sealed. */
uint32_t paths_pointer(struct paths *paths, uint32_t from, struct text pointer);
/* Makes the tables that paths_find uses. */
void paths_seal(struct paths *paths);

uint32_t paths_count(const struct paths *paths);
uint32_t paths_parent(const struct paths *paths, uint32_t node);
uint32_t paths_key_bytes_max(const struct paths *paths); /* of the longest key */

/* Only of sealed paths: the child by its key, or of an array's element, or PATHS_NONE. */
uint32_t paths_find(const struct paths *paths, uint32_t parent, struct text key);
uint32_t paths_find_element(const struct paths *paths, uint32_t parent, uint32_t index);

#endif
