/* Scans a JSON document in one pass, without recursion and without memory of its own. */
#include "pipeline/decode/json.h"

#include <stdlib.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "config/base/check.h"
#include "config/base/limits.h"
#include "config/base/utf8.h"

#define JSON_ESCAPE_BYTES 6 /* \u and four digits: the longest way to write a byte */
#define JSON_BOM "\xef\xbb\xbf"
#define JSON_GUESS_BYTES 16
#define JSON_GUESSES 32

/*
 * A name as it stood at this place in an earlier document, from its quote to its colon. Whoever
 * writes events writes their members in one order, so most names need no look but this.
 */
struct json_guess {
    char bytes[JSON_GUESS_BYTES];
    uint32_t mask; /* of the bytes that count; 0: nothing seen yet */
    uint32_t length;
    uint32_t node;
};

/* An array or object that is open. */
struct json_frame {
    uint32_t node;  /* PATHS_NONE: nothing below is wanted */
    uint32_t index; /* of the next member or element */
    char closing;   /* ']' or '}' */
    bool begun;     /* the next member or element needs a comma */
};

struct json {
    const struct paths *paths;
    uint32_t value_count;
    struct json_value *values; /* by node */
    char *key;                 /* room for the longest wanted key, unescaped */
    uint32_t key_bytes_max;

    const char *end;    /* of the document */
    const char *fault;  /* where it went wrong */
    const char *wanted; /* what would have been right */
    bool too_deep;
    bool repeated; /* a wanted place was seen twice */
    uint32_t depth;
    struct json_frame frames[JSON_DEPTH_MAX];
    struct json_guess guesses[JSON_GUESSES]; /* of the outermost object, by member */
};

struct json *
json_new(const struct paths *paths)
{
    struct json *json = calloc(1, sizeof(*json));

    CHECK(json != NULL);
    json->paths = paths;
    json->value_count = paths_count(paths);
    json->values = calloc(json->value_count, sizeof(*json->values));
    CHECK(json->values != NULL);
    json->key_bytes_max = paths_key_bytes_max(paths);
    json->key = malloc((size_t)json->key_bytes_max + UTF8_SEQUENCE_BYTES_MAX);
    CHECK(json->key != NULL);
    return json;
}

void
json_free(struct json *json)
{
    if (json == NULL)
        return;
    free(json->values);
    free(json->key);
    free(json);
}

const struct json_value *
json_value(const struct json *json, uint32_t node)
{
    CHECK(node < json->value_count);
    return &json->values[node];
}

/*
 * Every function below that takes `at` and returns a pointer reads from there and returns where it
 * stopped; NULL means a fault, which json_fail has noted.
 */
static const char *
json_fail(struct json *json, const char *at, const char *wanted)
{
    json->fault = at;
    json->wanted = wanted;
    return NULL;
}

static inline const char *
json_skip_space(const char *at, const char *end)
{
    while (at < end && (unsigned char)*at <= ' ' &&
           (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t'))
        at++;
    return at;
}

/* --- strings --------------------------------------------------------------------------------- */

/* Neither the end of the string, nor an escape, nor a control character, nor beyond ASCII. */
static inline bool
json_is_plain(char byte)
{
    return (signed char)byte >= 0x20 && byte != '"' && byte != '\\';
}

static inline const char *
json_skip_plain(const char *at, const char *end)
{
#ifdef __SSE2__
    const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\');
    const __m128i space = _mm_set1_epi8(' ');

    while (end - at >= (ptrdiff_t)sizeof(__m128i)) {
        __m128i block = _mm_loadu_si128((const __m128i *)(const void *)at);
        /* Bytes beyond ASCII are negative, so they too are below a space. */
        __m128i special = _mm_or_si128(_mm_cmplt_epi8(block, space),
            _mm_or_si128(_mm_cmpeq_epi8(block, quote), _mm_cmpeq_epi8(block, backslash)));
        int mask = _mm_movemask_epi8(special);

        if (mask != 0)
            return at + __builtin_ctz((unsigned int)mask);
        at += sizeof(__m128i);
    }
#endif
    while (at < end && json_is_plain(*at))
        at++;
    return at;
}

static int
json_hex_digit(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

/* The code unit of an escape \uXXXX, or -1 when there is none. */
static int32_t
json_code_unit(const char *at, const char *end)
{
    int32_t unit = 0;

    if (end - at < JSON_ESCAPE_BYTES || at[0] != '\\' || at[1] != 'u')
        return -1;
    for (int i = 2; i < JSON_ESCAPE_BYTES; i++) {
        int digit = json_hex_digit(at[i]);

        if (digit < 0)
            return -1;
        unit = unit << 4 | digit;
    }
    return unit;
}

/*
 * Reads the escape at a backslash: its code point into *ret_code, its length returned. 0 when it
 * is none, or half a surrogate pair.
 */
static uint32_t
json_escape(const char *at, const char *end, uint32_t *ret_code)
{
    static const char letters[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";
    const char *letter;
    int32_t unit, low;

    if (end - at < 2 || at[1] == '\0')
        return 0;
    letter = strchr(letters, at[1]);
    if (letter != NULL) {
        *ret_code = (uint32_t)bytes[letter - letters];
        return 2;
    }
    unit = json_code_unit(at, end);
    if (unit < 0 || (unit >= 0xdc00 && unit <= 0xdfff))
        return 0;
    *ret_code = (uint32_t)unit;
    if (unit < 0xd800 || unit > 0xdbff)
        return JSON_ESCAPE_BYTES;
    low = json_code_unit(at + JSON_ESCAPE_BYTES, end);
    if (low < 0xdc00 || low > 0xdfff)
        return 0;
    *ret_code = (uint32_t)(0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00));
    return 2 * JSON_ESCAPE_BYTES;
}

/* Past a character that is not plain; text beyond ASCII comes in runs. */
static const char *
json_special(struct json *json, const char *at, bool *escaped)
{
    uint32_t code, length;

    if (*at == '\\') {
        *escaped = true;
        length = json_escape(at, json->end, &code);
        return length != 0 ? at + length : json_fail(json, at, "an escape that is a character");
    }
    if ((signed char)*at >= 0)
        return json_fail(json, at, "control characters written as escapes");
    while (at < json->end && (signed char)*at < 0) {
        length = utf8_sequence(at, json->end);
        if (length == 0)
            return json_fail(json, at, "UTF-8");
        at += length;
    }
    return at;
}

/* From behind the opening quote to the closing one. */
static inline const char *
json_string(struct json *json, const char *at, bool *ret_escaped)
{
    *ret_escaped = false;
    for (;;) {
        at = json_skip_plain(at, json->end);
        if (at == json->end)
            return json_fail(json, at, "the end of the string");
        if (*at == '"')
            return at;
        at = json_special(json, at, ret_escaped);
        if (at == NULL)
            return NULL;
    }
}

/* Unescapes from *raw as much as fits; what is left stays in *raw. */
static uint32_t
json_unescape_some(struct text *raw, char *out, uint32_t bytes_max)
{
    const char *at = raw->bytes, *end = raw->bytes + raw->length;
    uint32_t length = 0, code;

    while (at < end && length < bytes_max) {
        if (*at != '\\') {
            out[length++] = *at++;
            continue;
        }
        at += json_escape(at, end, &code);
        length += utf8_encode(code, out + length);
    }
    *raw = (struct text){at, (uint32_t)(end - at)};
    return length;
}

uint32_t
json_unescape(struct text raw, char *out)
{
    uint32_t length = json_unescape_some(&raw, out, raw.length);

    CHECK(raw.length == 0);
    return length;
}

/* --- scalars --------------------------------------------------------------------------------- */

static inline bool
json_is_digit(const char *at, const char *end)
{
    return at < end && *at >= '0' && *at <= '9';
}

static inline const char *
json_digits(struct json *json, const char *at)
{
    if (!json_is_digit(at, json->end))
        return json_fail(json, at, "a digit");
    while (json_is_digit(at, json->end))
        at++;
    return at;
}

static const char *
json_number(struct json *json, const char *at)
{
    const char *end = json->end;

    if (*at == '-')
        at++;
    at = at < end && *at == '0' ? at + 1 : json_digits(json, at);
    if (at != NULL && at < end && *at == '.')
        at = json_digits(json, at + 1);
    if (at == NULL || at == end || (*at != 'e' && *at != 'E'))
        return at;
    at++;
    if (at < end && (*at == '+' || *at == '-'))
        at++;
    return json_digits(json, at);
}

static const char *
json_word(struct json *json, const char *at, struct text word)
{
    if (json->end - at < (ptrdiff_t)word.length || memcmp(at, word.bytes, word.length) != 0)
        return json_fail(json, at, "a value");
    return at + word.length;
}

/* --- the walk -------------------------------------------------------------------------------- */

static inline void
json_keep(struct json *json, uint32_t node, struct json_value value)
{
    if (node == PATHS_NONE)
        return;
    if (json->values[node].kind != JSON_MISSING)
        json->repeated = true;
    json->values[node] = value;
}

static const char *
json_open(struct json *json, const char *at, uint32_t node)
{
    bool object = *at == '{';

    if (json->depth == JSON_DEPTH_MAX) {
        json->too_deep = true;
        return json_fail(json, at, "fewer arrays and objects inside each other");
    }
    json_keep(
        json, node, (struct json_value){.bytes = at, .kind = object ? JSON_OBJECT : JSON_ARRAY});
    json->frames[json->depth++] = (struct json_frame){node, 0, object ? '}' : ']', false};
    return at + 1;
}

static const char *
json_close(struct json *json, const char *at)
{
    uint32_t node = json->frames[--json->depth].node;

    if (node != PATHS_NONE)
        json->values[node].length = (uint32_t)(at + 1 - json->values[node].bytes);
    return at + 1;
}

/* A whole scalar, or the opening of an array or object. */
static const char *
json_read(struct json *json, const char *at, uint32_t node)
{
    struct json_value value = {.bytes = at};
    bool escaped = false;

    if (at == json->end)
        return json_fail(json, at, "a value");
    switch (*at) {
    case '{':
    case '[':
        return json_open(json, at, node);
    case '"':
        at = json_string(json, ++value.bytes, &escaped);
        value.kind = JSON_STRING;
        break;
    case 't':
        at = json_word(json, at, TEXT("true"));
        value.kind = JSON_TRUE;
        break;
    case 'f':
        at = json_word(json, at, TEXT("false"));
        value.kind = JSON_FALSE;
        break;
    case 'n':
        at = json_word(json, at, TEXT("null"));
        value.kind = JSON_NULL;
        break;
    default:
        if (*at != '-' && !json_is_digit(at, json->end))
            return json_fail(json, at, "a value");
        at = json_number(json, at);
        value.kind = JSON_NUMBER;
        break;
    }
    if (at == NULL)
        return NULL;
    value.length = (uint32_t)(at - value.bytes);
    value.escaped = escaped;
    json_keep(json, node, value);
    return value.kind == JSON_STRING ? at + 1 : at;
}

/* A key longer than any that is wanted, or longer than such a key can be when escaped, is none. */
static uint32_t
json_find_escaped(struct json *json, uint32_t node, struct text raw)
{
    uint32_t length;

    if (raw.length / JSON_ESCAPE_BYTES > json->key_bytes_max)
        return PATHS_NONE;
    length = json_unescape_some(&raw, json->key, json->key_bytes_max);
    if (raw.length > 0)
        return PATHS_NONE;
    return paths_find(json->paths, node, (struct text){json->key, length});
}

/* The guess for the next member, if there may be one. */
static inline struct json_guess *
json_guess(struct json *json, struct json_frame *frame)
{
    if (json->depth != 1 || frame->index >= JSON_GUESSES)
        return NULL;
    return &json->guesses[frame->index++];
}

static inline bool
json_guess_holds(const struct json_guess *guess, const char *at, const char *end)
{
#ifdef __SSE2__
    __m128i seen, here;

    if (guess == NULL || guess->mask == 0 || end - at < JSON_GUESS_BYTES)
        return false;
    seen = _mm_loadu_si128((const __m128i *)(const void *)guess->bytes);
    here = _mm_loadu_si128((const __m128i *)(const void *)at);
    return ((uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(seen, here)) & guess->mask) == guess->mask;
#else
    return guess != NULL && guess->mask != 0 && end - at >= JSON_GUESS_BYTES &&
           memcmp(guess->bytes, at, guess->length) == 0;
#endif
}

/* Remembers a name that was written without spaces before its colon. */
static void
json_guess_learn(struct json_guess *guess, const char *at, const char *colon, uint32_t node)
{
    size_t length = (size_t)(colon + 1 - at);

    if (guess == NULL || length > JSON_GUESS_BYTES)
        return;
    memcpy(guess->bytes, at, length);
    guess->mask = (UINT32_C(1) << length) - 1;
    guess->length = (uint32_t)length;
    guess->node = node;
}

/* Reads a name up to its colon. */
static const char *
json_name(struct json *json, const char *at, struct json_frame *frame, uint32_t *ret_node)
{
    const char *closing;
    struct text key;
    bool escaped;

    *ret_node = PATHS_NONE;
    if (at == json->end || *at != '"')
        return json_fail(json, at, "a name in quotes");
    closing = json_string(json, at + 1, &escaped);
    if (closing == NULL)
        return NULL;
    key = (struct text){at + 1, (uint32_t)(closing - at - 1)};
    if (frame->node != PATHS_NONE) {
        *ret_node = escaped ? json_find_escaped(json, frame->node, key)
                            : paths_find(json->paths, frame->node, key);
    }
    at = json_skip_space(closing + 1, json->end);
    return at < json->end && *at == ':' ? at : json_fail(json, at, "a colon");
}

static const char *
json_member(struct json *json, const char *at, struct json_frame *frame)
{
    struct json_guess *guess = json_guess(json, frame);
    const char *colon;
    uint32_t node;

    if (json_guess_holds(guess, at, json->end))
        return json_read(json, json_skip_space(at + guess->length, json->end), guess->node);
    colon = json_name(json, at, frame, &node);
    if (colon == NULL)
        return NULL;
    json_guess_learn(guess, at, colon, node);
    return json_read(json, json_skip_space(colon + 1, json->end), node);
}

static const char *
json_element(struct json *json, const char *at, struct json_frame *frame)
{
    uint32_t node = PATHS_NONE;

    if (frame->node != PATHS_NONE)
        node = paths_find_element(json->paths, frame->node, frame->index++);
    return json_read(json, at, node);
}

/* One step in the innermost open array or object: its end, or one member or element more. */
static inline const char *
json_step(struct json *json, const char *at)
{
    struct json_frame *frame = &json->frames[json->depth - 1];

    at = json_skip_space(at, json->end);
    if (at == json->end)
        return json_fail(
            json, at, frame->closing == '}' ? "the closing brace" : "the closing bracket");
    if (*at == frame->closing)
        return json_close(json, at);
    if (frame->begun) {
        if (*at != ',')
            return json_fail(json, at, "a comma");
        at = json_skip_space(at + 1, json->end);
    }
    frame->begun = true;
    return frame->closing == '}' ? json_member(json, at, frame) : json_element(json, at, frame);
}

/*
 * Of equal names the last counts, with all that is in it: what was found in an earlier one lies
 * before the last one's beginning and goes. Parents have the smaller numbers, so one pass is
 * enough.
 */
static void
json_forget_repeated(struct json *json)
{
    for (uint32_t node = 1; node < json->value_count; node++) {
        const struct json_value *parent = &json->values[paths_parent(json->paths, node)];
        bool inside = parent->kind == JSON_OBJECT || parent->kind == JSON_ARRAY;

        if (!inside || json->values[node].bytes < parent->bytes)
            json->values[node] = (struct json_value){.kind = JSON_MISSING};
    }
}

/* Which fault it is must not depend on what came first, so the rest is looked at for bad UTF-8. */
static enum json_result
json_fault(const struct json *json, struct text document, struct json_fault *ret_fault)
{
    uint32_t offset;

    if (!utf8_valid(document, &offset)) {
        *ret_fault = (struct json_fault){offset, "UTF-8"};
        return JSON_BAD_UTF8;
    }
    *ret_fault = (struct json_fault){(size_t)(json->fault - document.bytes), json->wanted};
    return json->too_deep ? JSON_TOO_DEEP : JSON_NOT_JSON;
}

static void
json_begin(struct json *json, const char *end)
{
    memset(json->values, 0, json->value_count * sizeof(*json->values));
    json->end = end;
    json->too_deep = false;
    json->repeated = false;
    json->depth = 0;
}

enum json_result
json_scan(struct json *json, struct text document, struct json_fault *ret_fault)
{
    const char *at = document.bytes, *end;

    if (document.length == 0) {
        *ret_fault = (struct json_fault){0, ""};
        return JSON_EMPTY;
    }
    end = at + document.length;
    json_begin(json, end);
    if (document.length >= strlen(JSON_BOM) && memcmp(at, JSON_BOM, strlen(JSON_BOM)) == 0)
        at += strlen(JSON_BOM);
    at = json_skip_space(at, end);
    if (at == end) {
        *ret_fault = (struct json_fault){document.length, ""};
        return JSON_EMPTY;
    }
    at = json_read(json, at, PATHS_ROOT);
    while (at != NULL && json->depth > 0)
        at = json_step(json, at);
    if (at != NULL) {
        at = json_skip_space(at, end);
        if (at < end)
            at = json_fail(json, at, "the end of the document");
    }
    if (at == NULL)
        return json_fault(json, document, ret_fault);
    if (json->repeated)
        json_forget_repeated(json);
    return JSON_OK;
}
