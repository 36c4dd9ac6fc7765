// The JSON scanner, with AVX2 and without, against simdjson's DOM: the same verdict, and the same
// values at some paths.
//
// They may differ in three ways that are meant: simdjson refuses numbers that it can't hold, its
// releases differ about a byte order mark, and it reads deeper documents.
#include <simdjson.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

extern "C" {
#include "pipeline/decode/json.h"
#include "pipeline/decode/scan.h"
}

namespace
{

using simdjson::dom::element;
using simdjson::dom::element_type;

// Keys from the root on; a number stands for an array's element too.
const std::vector<std::vector<std::string>> places = {
    {},
    {"a"},
    {"a", "b"},
    {"a", "0"},
    {"a", "0", "b"},
    {"0"},
    {"1", "1"},
    {""},
    {"user"},
    {"\xc3\xa9"},
    {"a-name-of-more-than-16-bytes"},
    {"b", "a", "c", "2"},
};

struct Scanner {
    struct paths *paths = paths_new();
    struct json *json = nullptr;
    std::vector<uint32_t> nodes;

    Scanner(bool without_avx2)
    {
        scan_without_avx2(without_avx2);
        for (const auto &place : places) {
            uint32_t node = PATHS_ROOT;

            for (const auto &key : place)
                node = paths_child(paths, node, {key.data(), (uint32_t)key.size()});
            nodes.push_back(node);
        }
        paths_seal(paths);
        json = json_new(paths);
    }
};

[[noreturn]] void
differ(const char *what)
{
    fprintf(stderr, "scanner and DOM differ: %s\n", what);
    abort();
}

// Newer releases have an error of its own for big integers, told here by its text.
bool
is_number_range(simdjson::error_code error)
{
    return error == simdjson::NUMBER_ERROR ||
           std::string_view(simdjson::error_message(error)).find("integer") !=
               std::string_view::npos;
}

// Of equal names the last one.
bool
step(element &at, const std::string &key)
{
    bool found = false;

    if (at.type() == element_type::OBJECT) {
        simdjson::dom::object object = at.get_object().value_unsafe();

        for (auto member : object) {
            if (member.key == std::string_view(key)) {
                at = member.value;
                found = true;
            }
        }
    } else if (at.type() == element_type::ARRAY && (key == "0" || key == "1" || key == "2")) {
        found =
            at.get_array().value_unsafe().at((size_t)(key[0] - '0')).get(at) == simdjson::SUCCESS;
    }
    return found;
}

json_kind
kind_of(const element &at)
{
    switch (at.type()) {
    case element_type::ARRAY:
        return JSON_ARRAY;
    case element_type::OBJECT:
        return JSON_OBJECT;
    case element_type::STRING:
        return JSON_STRING;
    case element_type::BOOL:
        return at.get_bool().value_unsafe() ? JSON_TRUE : JSON_FALSE;
    case element_type::NULL_VALUE:
        return JSON_NULL;
    default:
        return JSON_NUMBER;
    }
}

void
compare_value(const struct json_value *ours, const element &theirs)
{
    std::string text(ours->bytes, ours->length);

    if (ours->kind != kind_of(theirs))
        differ("kind");
    if (ours->kind == JSON_STRING) {
        if (ours->escaped)
            text.resize(json_unescape({ours->bytes, ours->length}, text.data()));
        if (text != theirs.get_string().value_unsafe())
            differ("text");
    }
    if (ours->kind == JSON_NUMBER && strtod(text.c_str(), nullptr) != theirs.get_double().value())
        differ("number");
}

void
compare_place(const struct json_value *ours, element at, const std::vector<std::string> &place)
{
    for (const auto &key : place) {
        if (!step(at, key)) {
            if (ours->kind != JSON_MISSING)
                differ("a value that is not there");
            return;
        }
    }
    compare_value(ours, at);
}

} // namespace

static void
compare(const Scanner &scanner, std::string_view bytes)
{
    static simdjson::dom::parser parser;
    size_t size = bytes.size();
    json_fault fault = {};
    json_result result = json_scan(scanner.json, {bytes.data(), (uint32_t)size}, &fault);
    element root;

    if (result != JSON_OK && (fault.offset > size || fault.wanted == nullptr))
        differ("a fault outside the document");
    if (bytes.substr(0, 3) == "\xef\xbb\xbf")
        bytes.remove_prefix(3);
    if (result == JSON_TOO_DEEP || bytes.substr(0, 3) == "\xef\xbb\xbf")
        return;
    auto error = parser.parse(bytes.data(), bytes.size(), true).get(root);
    if (is_number_range(error))
        return;
    if ((result == JSON_OK) != (error == simdjson::SUCCESS))
        differ(simdjson::error_message(error));
    if ((result == JSON_EMPTY) != (error == simdjson::EMPTY))
        differ("empty");
    for (size_t i = 0; result == JSON_OK && i < places.size(); i++)
        compare_place(json_value(scanner.json, scanner.nodes[i]), root, places[i]);
}

extern "C" int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const Scanner best(false), blocks(true);
    std::string_view bytes((const char *)data, size);

    compare(best, bytes);
    compare(blocks, bytes);
    return 0;
}
