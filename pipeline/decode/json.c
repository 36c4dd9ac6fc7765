/* Scans a JSON document in one pass, without recursion and without memory of its own. */
#include "pipeline/decode/json.h"

#include <stdlib.h>

#include "config/base/check.h"
#include "config/base/inline.h"
#include "config/base/limits.h"
#include "config/base/utf8.h"
#include "pipeline/decode/scan.h"

#define JSON_ESCAPE_BYTES 6 /* \u and four digits: the longest way to write a byte */
#define JSON_BOM "\xef\xbb\xbf"
#define JSON_GUESS_BYTES 32
#define JSON_GUESSES 128
#define JSON_GUESSES_AHEAD 2 /* members that may be missing in a row */
#define JSON_STAMP_NONE 0    /* of no document */

/*
 * What stood between two values in an earlier document: comma, name, colon, all their spaces, and
 * the opening quote of the second value if it has one. Whoever writes events writes them in one
 * order, so most names need no look but whether these bytes are there again.
 *
 *   {"user":"u-17","type":"view","ts":1767225600000}
 *   ~~~~~~~~~     ~~~~~~~~~     ~~~~~~              three guesses, the first without its brace
 */
struct json_guess {
    _Alignas(SCAN_BYTES) char bytes[JSON_GUESS_BYTES];
    uint32_t mask;   /* of the bytes that count */
    uint32_t length; /* how many they are */
    uint64_t place;  /* where they stood, as a frame's */
    uint32_t node;   /* of the value */
    bool quoted;     /* the last byte opens a string */
};

/* The place of what comes next in an open array or object: its node above these bits. */
#define JSON_PLACE_BEGUN 1  /* a comma is needed */
#define JSON_PLACE_MEMBER 2 /* of an object; otherwise an element */
#define JSON_PLACE_SHIFT 2
#define JSON_PLACE_NONE UINT64_MAX

/* An array or object that is open. */
struct json_frame {
    uint64_t place;
    uint32_t index; /* of the next element */
};

struct json {
    struct scan scan; /* of the document */
    struct json_frame *top;
    struct json_guess *guess;  /* the next one */
    struct json_value *values; /* by node */
    uint16_t stamp;            /* of the document's values */
    bool repeated;             /* a wanted place was seen twice */
    bool too_deep;
    const char *fault;  /* where it went wrong */
    const char *wanted; /* what would have been right */

    const struct paths *paths;
    uint32_t value_count;
    char *key; /* room for the longest wanted key, unescaped */
    uint32_t key_bytes_max;
    struct json_frame frames[JSON_DEPTH_MAX + 1]; /* the lowest is the bottom */
    struct json_guess guesses[JSON_GUESSES + 1];  /* by member; the last one never holds */
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
    json->scan.run = scan_best();
    for (int i = 0; i <= JSON_GUESSES; i++)
        json->guesses[i].place = JSON_PLACE_NONE;
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
    static const struct json_value missing = {.kind = JSON_MISSING};
    const struct json_value *value = &json->values[node];

    CHECK(node < json->value_count);
    return value->stamp == json->stamp ? value : &missing;
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
        length = json_escape(at, json->scan.end, &code);
        return length != 0 ? at + length : json_fail(json, at, "an escape that is a character");
    }
    if ((signed char)*at >= 0)
        return json_fail(json, at, "control characters written as escapes");
    while (at < json->scan.end && (signed char)*at < 0) {
        length = utf8_sequence(at, json->scan.end);
        if (length == 0)
            return json_fail(json, at, "UTF-8");
        at += length;
    }
    return at;
}

/* From anywhere in a string to its closing quote. */
static INLINE_NEVER const char *
json_string(struct json *json, const char *at, bool *ret_escaped)
{
    *ret_escaped = false;
    for (;;) {
        at = scan_blocks(&json->scan, at);
        if (at == json->scan.end)
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
    if (!json_is_digit(at, json->scan.end))
        return json_fail(json, at, "a digit");
    while (json_is_digit(at, json->scan.end))
        at++;
    return at;
}

/* A number of any length, without its sign. */
static INLINE_NEVER const char *
json_number_slowly(struct json *json, const char *at)
{
    const char *end = json->scan.end;

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

/*
 * A number from its first digit on. What nearly every one is, one block shows whole: digits,
 * perhaps a point and digits.
 */
static INLINE_ALWAYS const char *
json_number(struct json *json, const char *at)
{
    uint32_t digits, length;

    if (at > json->scan.last)
        return json_number_slowly(json, at);
    digits = scan_block_digits(at);
    length = scan_count(digits);
    if (length < SCAN_BYTES && at[length] == '.') {
        uint32_t places = scan_count(digits >> (length + 1));

        length = places > 0 ? length + 1 + places : SCAN_BYTES;
    }
    if (length >= SCAN_BYTES || (at[length] | ' ') == 'e' || (*at == '0' && digits & 2))
        return json_number_slowly(json, at);
    return at + length;
}

static const char *
json_word(struct json *json, const char *at, struct text word)
{
    if (json->scan.end - at < (ptrdiff_t)word.length || memcmp(at, word.bytes, word.length) != 0)
        return json_fail(json, at, "a value");
    return at + word.length;
}

/* --- the walk -------------------------------------------------------------------------------- */

static inline uint32_t
json_place_node(uint64_t place)
{
    return (uint32_t)(place >> JSON_PLACE_SHIFT);
}

static INLINE_ALWAYS void
json_keep(struct json *json, uint32_t node, struct json_value value)
{
    if (node == PATHS_NONE)
        return;
    if (json->values[node].stamp == json->stamp)
        json->repeated = true;
    value.stamp = json->stamp;
    json->values[node] = value;
}

static INLINE_ALWAYS const char *
json_open(struct json *json, const char *at, uint32_t node, bool object)
{
    struct json_frame *frame = json->top + 1;

    if (frame > json->frames + JSON_DEPTH_MAX) {
        json->too_deep = true;
        return json_fail(json, at, "fewer arrays and objects inside each other");
    }
    json_keep(
        json, node, (struct json_value){.bytes = at, .kind = object ? JSON_OBJECT : JSON_ARRAY});
    frame->place = (uint64_t)node << JSON_PLACE_SHIFT | (object ? JSON_PLACE_MEMBER : 0);
    frame->index = 0;
    json->top = frame;
    return at + 1;
}

static INLINE_ALWAYS const char *
json_close(struct json *json, const char *at)
{
    uint32_t node = json_place_node(json->top->place);

    json->top--;
    if (node != PATHS_NONE)
        json->values[node].length = (uint32_t)(at + 1 - json->values[node].bytes);
    return at + 1;
}

static INLINE_NEVER const char *
json_read_text_slowly(struct json *json, const char *at, uint32_t node)
{
    struct json_value value = {.bytes = at, .kind = JSON_STRING};
    bool escaped;

    at = json_string(json, at, &escaped);
    if (at == NULL)
        return NULL;
    value.length = (uint32_t)(at - value.bytes);
    value.escaped = escaped;
    json_keep(json, node, value);
    return at + 1;
}

static INLINE_ALWAYS const char *
json_keep_text(struct json *json, const char *at, uint32_t length, uint32_t node)
{
    json_keep(json, node, (struct json_value){.bytes = at, .length = length, .kind = JSON_STRING});
    return at + length + 1;
}

/* From behind the opening quote past the closing one. Most texts end in their first block. */
static INLINE_ALWAYS const char *
json_read_text(struct json *json, const char *at, uint32_t node)
{
    const char *closing;

    if (at <= json->scan.last) {
        uint32_t quotes = scan_block_quotes(at), plain = scan_block_plain(at);

        /* One less than the quotes: all bits below the first. */
        if (quotes != 0 && (~plain & (quotes - 1)) == 0)
            return json_keep_text(json, at, scan_first(quotes), node);
        closing = json->scan.run(&json->scan, at);
    } else {
        closing = scan_tail(&json->scan, at);
    }
    if (closing == json->scan.end || *closing != '"')
        return json_read_text_slowly(json, at, node);
    return json_keep_text(json, at, (uint32_t)(closing - at), node);
}

/* A number from `at` on, whose digits begin at `digits`. */
static INLINE_ALWAYS const char *
json_read_number(struct json *json, const char *at, const char *digits, uint32_t node)
{
    const char *end = json_number(json, digits);

    if (end == NULL)
        return NULL;
    json_keep(json, node,
        (struct json_value){.bytes = at, .length = (uint32_t)(end - at), .kind = JSON_NUMBER});
    return end;
}

static const char *
json_read_negative(struct json *json, const char *at, uint32_t node)
{
    if (!json_is_digit(at + 1, json->scan.end))
        return json_fail(json, at + 1, "a digit");
    return json_read_number(json, at, at + 1, node);
}

static const char *
json_read_word(
    struct json *json, const char *at, uint32_t node, struct text word, enum json_kind kind)
{
    const char *end = json_word(json, at, word);

    if (end == NULL)
        return NULL;
    json_keep(json, node, (struct json_value){.bytes = at, .length = word.length, .kind = kind});
    return end;
}

/* Past spaces, a whole scalar, or the opening of an array or object. */
static INLINE_NEVER const char *
json_read_any(struct json *json, const char *at, uint32_t node)
{
    at = json_skip_space(at, json->scan.end);
    if (at == json->scan.end)
        return json_fail(json, at, "a value");
    switch (*at) {
    case '{':
        return json_open(json, at, node, true);
    case '[':
        return json_open(json, at, node, false);
    case '"':
        return json_read_text(json, at + 1, node);
    case '-':
        return json_read_negative(json, at, node);
    case 't':
        return json_read_word(json, at, node, TEXT("true"), JSON_TRUE);
    case 'f':
        return json_read_word(json, at, node, TEXT("false"), JSON_FALSE);
    case 'n':
        return json_read_word(json, at, node, TEXT("null"), JSON_NULL);
    default:
        if (!json_is_digit(at, json->scan.end))
            return json_fail(json, at, "a value");
        return json_read_number(json, at, at, node);
    }
}

static INLINE_ALWAYS const char *
json_read(struct json *json, const char *at, uint32_t node)
{
    if (json_is_digit(at, json->scan.end))
        return json_read_number(json, at, at, node);
    return json_read_any(json, at, node);
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

static INLINE_NEVER bool
json_guess_holds_slowly(const struct json *json, const struct json_guess *guess, const char *at)
{
    return json->scan.end - at >= (ptrdiff_t)guess->length &&
           memcmp(at, guess->bytes, guess->length) == 0;
}

/* Whether what stands at `at` is what the guess says. */
static INLINE_ALWAYS bool
json_guess_holds(const struct json *json, const struct json_guess *guess, const char *at)
{
    if (guess->place != json->top->place)
        return false;
    if (at > json->scan.last || guess->length > SCAN_BYTES)
        return json_guess_holds_slowly(json, guess, at);
    return (~scan_block_equal(at, guess->bytes) & guess->mask) == 0;
}

/* Reads the value behind a guess that holds. */
static INLINE_ALWAYS const char *
json_follow(struct json *json, struct json_guess *guess, const char *at)
{
    json->guess = guess + 1;
    json->top->place |= JSON_PLACE_BEGUN;
    at += guess->length;
    return guess->quoted ? json_read_text(json, at, guess->node) : json_read(json, at, guess->node);
}

/* Remembers what stood between `from` and a value. */
static void
json_guess_learn(struct json *json, const char *from, const char *value, uint32_t node)
{
    struct json_guess *guess = json->guess;
    bool quoted = value < json->scan.end && *value == '"';
    size_t length = (size_t)(value - from) + quoted;

    if (guess == &json->guesses[JSON_GUESSES])
        return;
    json->guess++;
    if (length > JSON_GUESS_BYTES)
        return;
    memcpy(guess->bytes, from, length);
    guess->mask = (uint32_t)((UINT64_C(1) << length) - 1);
    guess->length = (uint32_t)length;
    guess->place = json->top->place;
    guess->node = node;
    guess->quoted = quoted;
}

/* Reads a name up to its colon. */
static INLINE_NEVER const char *
json_name(struct json *json, const char *at, uint32_t *ret_node)
{
    uint32_t object = json_place_node(json->top->place);
    const char *closing;
    struct text key;
    bool escaped;

    *ret_node = PATHS_NONE;
    if (at == json->scan.end || *at != '"')
        return json_fail(json, at, "a name in quotes");
    closing = json_string(json, at + 1, &escaped);
    if (closing == NULL)
        return NULL;
    key = (struct text){at + 1, (uint32_t)(closing - at - 1)};
    if (object != PATHS_NONE) {
        *ret_node =
            escaped ? json_find_escaped(json, object, key) : paths_find(json->paths, object, key);
    }
    at = json_skip_space(closing + 1, json->scan.end);
    return at < json->scan.end && *at == ':' ? at : json_fail(json, at, "a colon");
}

/* from: where what is before the name began. */
static INLINE_NEVER const char *
json_member(struct json *json, const char *from, const char *at)
{
    uint32_t node;

    at = json_name(json, at, &node);
    if (at == NULL)
        return NULL;
    at = json_skip_space(at + 1, json->scan.end);
    json_guess_learn(json, from, at, node);
    json->top->place |= JSON_PLACE_BEGUN;
    return json_read(json, at, node);
}

static INLINE_NEVER const char *
json_element(struct json *json, const char *at)
{
    struct json_frame *frame = json->top;
    uint32_t array = json_place_node(frame->place), node = PATHS_NONE;

    if (array != PATHS_NONE)
        node = paths_find_element(json->paths, array, frame->index++);
    frame->place |= JSON_PLACE_BEGUN;
    return json_read(json, at, node);
}

/* A guess further on that holds, when members are missing that an earlier document had. */
static INLINE_NEVER struct json_guess *
json_guess_ahead(struct json *json, const char *at)
{
    struct json_guess *guess = json->guess, *last = &json->guesses[JSON_GUESSES];

    for (int i = 0; i < JSON_GUESSES_AHEAD && guess < last; i++) {
        if (json_guess_holds(json, ++guess, at))
            return guess;
    }
    return NULL;
}

/*
 * One step in the innermost open array or object: its end, or one member or element more, which
 * is not what the next guess says.
 */
static INLINE_NEVER const char *
json_step_slowly(struct json *json, const char *from)
{
    bool object = (json->top->place & JSON_PLACE_MEMBER) != 0;
    const char *at = json_skip_space(from, json->scan.end);
    struct json_guess *guess;

    if (at == json->scan.end)
        return json_fail(json, at, object ? "the closing brace" : "the closing bracket");
    if (*at == (object ? '}' : ']'))
        return json_close(json, at);
    guess = object ? json_guess_ahead(json, from) : NULL;
    if (guess != NULL)
        return json_follow(json, guess, from);
    if ((json->top->place & JSON_PLACE_BEGUN) != 0) {
        if (*at != ',')
            return json_fail(json, at, "a comma");
        at = json_skip_space(at + 1, json->scan.end);
    }
    return object ? json_member(json, from, at) : json_element(json, at);
}

/*
 * Of equal names the last counts, with all that is in it: what was found in an earlier one lies
 * before the last one's beginning and goes. Parents have the smaller numbers, so one pass is
 * enough.
 */
static INLINE_NEVER void
json_forget_repeated(struct json *json)
{
    for (uint32_t node = 1; node < json->value_count; node++) {
        const struct json_value *parent = json_value(json, paths_parent(json->paths, node));
        bool inside = parent->kind == JSON_OBJECT || parent->kind == JSON_ARRAY;

        if (!inside || json->values[node].bytes < parent->bytes)
            json->values[node].stamp = JSON_STAMP_NONE;
    }
}

/* Which fault it is must not depend on what came first, so the rest is looked at for bad UTF-8. */
static INLINE_NEVER enum json_result
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

/* The stamps are used up: the next is the first again. */
static INLINE_NEVER void
json_stamp_again(struct json *json)
{
    for (uint32_t node = 0; node < json->value_count; node++)
        json->values[node].stamp = JSON_STAMP_NONE;
    json->stamp = JSON_STAMP_NONE + 1;
}

/* With a new stamp there are no values yet. */
static inline void
json_begin(struct json *json, struct text document)
{
    scan_open(&json->scan, document);
    json->stamp++;
    if (json->stamp == JSON_STAMP_NONE)
        json_stamp_again(json);
    json->top = json->frames;
    json->guess = json->guesses;
    json->too_deep = false;
    json->repeated = false;
}

static bool
json_has_bom(struct text document)
{
    return document.bytes[0] == JSON_BOM[0] && document.length >= strlen(JSON_BOM) &&
           memcmp(document.bytes, JSON_BOM, strlen(JSON_BOM)) == 0;
}

/* Where the next guess does not hold; often an object ends there. */
static INLINE_ALWAYS const char *
json_step(struct json *json, const char *at)
{
    bool object = (json->top->place & JSON_PLACE_MEMBER) != 0;

    if (at < json->scan.end && *at == '}' && object)
        return json_close(json, at);
    return json_step_slowly(json, at);
}

/* From the document's value on to its end. */
static INLINE_ALWAYS const char *
json_walk(struct json *json, const char *at)
{
    at = *at == '{' ? json_open(json, at, PATHS_ROOT, true) : json_read(json, at, PATHS_ROOT);
    while (at != NULL) {
        struct json_guess *guess = json->guess;

        if (json_guess_holds(json, guess, at))
            at = json_follow(json, guess, at);
        else if (json->top != json->frames)
            at = json_step(json, at);
        else
            break;
    }
    if (at == NULL)
        return NULL;
    at = json_skip_space(at, json->scan.end);
    return at == json->scan.end ? at : json_fail(json, at, "the end of the document");
}

INLINE_NEVER enum json_result
json_scan(struct json *json, struct text document, struct json_fault *ret_fault)
{
    const char *at = document.bytes;

    if (document.length == 0) {
        *ret_fault = (struct json_fault){0, ""};
        return JSON_EMPTY;
    }
    json_begin(json, document);
    if (json_has_bom(document))
        at += strlen(JSON_BOM);
    at = json_skip_space(at, json->scan.end);
    if (at == json->scan.end) {
        *ret_fault = (struct json_fault){document.length, ""};
        return JSON_EMPTY;
    }
    if (json_walk(json, at) == NULL)
        return json_fault(json, document, ret_fault);
    if (json->repeated)
        json_forget_repeated(json);
    return JSON_OK;
}
