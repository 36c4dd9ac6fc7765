/* Tells lines that may hold a secret from those that a message may show. */
#include "config/base/secret.h"

#include <strings.h>

#include "config/base/check.h"

static const struct text secret_words[] = {
    TEXT("password"),
    TEXT("passphrase"),
    TEXT("passwd"),
    TEXT("secret"),
    TEXT("key.pem"),
    TEXT("oauthbearer.config"),
    TEXT("jaas.config"),
};

/* Whether one of the words stands at `at`; its length, or 0. */
static uint32_t
secret_word(struct text line, uint32_t at)
{
    for (size_t i = 0; i < sizeof(secret_words) / sizeof(secret_words[0]); i++) {
        struct text word = secret_words[i];

        if (line.length - at >= word.length &&
            strncasecmp(line.bytes + at, word.bytes, word.length) == 0)
            return word.length;
    }
    return 0;
}

bool
secret_key(struct text key)
{
    for (uint32_t at = 0; at < key.length; at++)
        if (secret_word(key, at) > 0)
            return true;
    return false;
}

static bool
secret_key_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

/* From behind a word to the end of its key: is it given a value there? */
static bool
secret_assigned(struct text line, uint32_t at)
{
    while (at < line.length && secret_key_char(line.bytes[at]))
        at++;
    while (at < line.length && strchr("\"' \t", line.bytes[at]) != NULL)
        at++;
    return at < line.length && (line.bytes[at] == ':' || line.bytes[at] == '=');
}

/* From behind "://": is there an "@"? A password may have any character, well-formed or not. */
static bool
secret_user_info(struct text line, uint32_t at)
{
    while (at < line.length && strchr(" \t", line.bytes[at]) == NULL) {
        if (line.bytes[at] == '@')
            return true;
        at++;
    }
    return false;
}

bool
secret_in_line(struct text line)
{
    CHECK(line.length == 0 || line.bytes != NULL);
    for (uint32_t at = 0; at < line.length; at++) {
        uint32_t length = secret_word(line, at);

        if (length > 0 && secret_assigned(line, at + length))
            return true;
        if (line.length - at >= 3 && memcmp(line.bytes + at, "://", 3) == 0 &&
            secret_user_info(line, at + 3))
            return true;
    }
    return false;
}
