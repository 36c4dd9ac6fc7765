#ifndef FOOTPRINT_JSON_H
#define FOOTPRINT_JSON_H

/*
 * Reads a JSON document once: checks all of it and notes the values at the wanted paths.
 *
 *   document, paths --json_scan--> verdict, and one value for each node of the paths
 *
 * JSON is RFC 8259 in UTF-8, any value at the root, at most JSON_DEPTH_MAX arrays and objects
 * inside each other. A leading byte order mark is skipped. Of equal names the last one counts. A
 * number of any size is kept as it is written. Escapes that spell half a surrogate pair are
 * refused, since such a text can't be written in UTF-8.
 *
 * Nothing is allocated per document and nothing recurses; a scanner belongs to one thread. Nothing
 * outside of the document is read. Values point into it and hold until the next scan.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/base/text.h"
#include "pipeline/decode/paths.h"

enum json_result {
    JSON_OK = 0,
    JSON_EMPTY,    /* no bytes, or white space alone */
    JSON_NOT_JSON, /* UTF-8, but something else */
    JSON_BAD_UTF8, /* somewhere in the document, whatever else is wrong with it */
    JSON_TOO_DEEP, /* UTF-8, and deeper than the bound before anything else was wrong */
};

enum json_kind {
    JSON_MISSING = 0,
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT
};

struct json_value {
    const char *bytes; /* as written; of a string what stands between the quotes */
    uint32_t length;
    enum json_kind kind : 8;
    bool escaped;   /* a string with escapes: json_unescape makes its text */
    uint16_t stamp; /* the scanner's: of the document that it belongs to */
};

struct json_fault {
    size_t offset;      /* of the byte where it was noticed */
    const char *wanted; /* what would have been right there; "" for JSON_EMPTY */
};

struct json;

/* paths: sealed; they must outlive the scanner. */
struct json *json_new(const struct paths *paths);
void json_free(struct json *json); /* NULL is fine */

/* A result other than JSON_OK fills *ret_fault. */
enum json_result json_scan(struct json *json, struct text document, struct json_fault *ret_fault);

/* The value at a node of the paths, after JSON_OK. */
const struct json_value *json_value(const struct json *json, uint32_t node);

/* Writes the text of an escaped string to out, which has room for raw.length bytes. */
uint32_t json_unescape(struct text raw, char *out);

#endif
