/*
 * Lines of the runtime socket: refused with a reason, or taken apart into texts that end.
 *
 * Whatever is accepted is asked for as a command asks: word, value, number, and what is left over.
 */
#include <stdint.h>
#include <string.h>

#include "config/base/check.h"
#include "daemon/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Inside the request's own copy of the line, zero byte and all. */
static void
fuzz_is_inside(const struct request *request, const char *text)
{
    const char *end = request->bytes + sizeof(request->bytes);

    CHECK(text >= request->bytes && text < end);
    CHECK(memchr(text, '\0', (size_t)(end - text)) != NULL);
}

static void
fuzz_ask(struct request *request)
{
    static const int64_t range[2] = {1, 1000000};
    struct request_part *first = &request->parts[0];
    int64_t number = 7;
    struct err err = {0};
    bool was_word, was_number;

    was_word = request_word(request, "json");
    was_number = request_number(request, "sample", range, &number, &err) == ERR_NONE;
    CHECK(number == 7 || (was_number && number >= range[0] && number <= range[1]));
    CHECK(was_number || err.msg[0] != '\0');
    if (request->count > 0 && first->value == NULL)
        CHECK(request_word(request, first->name) && first->taken);
    else if (request->count > 0)
        CHECK(request_value(request, first->name) == first->value && first->taken);
    if (request_end(request, &err) == ERR_NONE)
        for (size_t i = 0; i < request->count; i++)
            CHECK(request->parts[i].taken);
    CHECK(!was_word || request->count > 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct request request;
    struct text line = {(const char *)data, (uint32_t)size};
    struct err err = {0};

    if (request_read(line, &request, &err) != ERR_NONE) {
        CHECK(err.code == ERR_INPUT && err.msg[0] != '\0');
        return 0;
    }
    CHECK(request.count <= REQUEST_PARTS_MAX);
    fuzz_is_inside(&request, request.command);
    for (size_t i = 0; i < request.count; i++) {
        fuzz_is_inside(&request, request.parts[i].name);
        if (request.parts[i].value != NULL)
            fuzz_is_inside(&request, request.parts[i].value);
    }
    fuzz_ask(&request);
    return 0;
}
