/* Reads texts that stand in their place, in a file of their own, or in a credential of systemd. */
#include "config/settings/given.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/base/buffer.h"
#include "config/base/check.h"
#include "config/settings/fault.h"

#define GIVEN_BYTES_MAX 65536

static const char *const given_keys[] = {"file", "credential"};

const char *
given_path(const struct yaml_node *node, struct text path, struct arena *arena)
{
    const char *file = node->document->file, *slash = strrchr(file, '/');
    struct buffer joined;
    const char *copy;

    if (fault_is_override(node) || slash == NULL || (path.length > 0 && path.bytes[0] == '/'))
        return arena_copy(arena, path).bytes;
    buffer_init(&joined);
    buffer_add(&joined, file, (size_t)(slash - file) + 1);
    buffer_add_text(&joined, path);
    copy = arena_copy(arena, (struct text){joined.bytes, (uint32_t)joined.length}).bytes;
    buffer_fini(&joined);
    return copy;
}

/* 0, or what errno says. */
static int
given_read_file(const char *path, struct buffer *bytes)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), error = 0;
    ssize_t got = 1;

    if (fd < 0)
        return errno;
    while (error == 0 && got > 0) {
        got = read(fd, buffer_reserve(bytes, GIVEN_BYTES_MAX), GIVEN_BYTES_MAX);
        if (got > 0)
            bytes->length += (size_t)got;
        if (got < 0)
            error = errno;
        else if (bytes->length > GIVEN_BYTES_MAX)
            error = EFBIG;
    }
    close(fd);
    return error;
}

static bool
given_file(const struct yaml_node *node, const char *path, struct arena *arena,
    struct report *report, struct text *ret_text)
{
    struct buffer bytes;
    int error;

    buffer_init(&bytes);
    error = given_read_file(path, &bytes);
    if (bytes.length > 0 && bytes.bytes[bytes.length - 1] == '\n')
        bytes.length--;
    if (error != 0)
        fault(report, node, "file '%s' can't be read: %s", path, strerror(error));
    else if (bytes.length > 0 && memchr(bytes.bytes, '\0', bytes.length) != NULL)
        fault(report, node, "file '%s' has a zero byte in it; it should be a text", path);
    else
        *ret_text = arena_copy(arena, (struct text){bytes.bytes, (uint32_t)bytes.length});
    if (bytes.length > 0)
        explicit_bzero(bytes.bytes, bytes.length);
    error = error != 0 || ret_text->bytes == NULL;
    buffer_fini(&bytes);
    return error == 0;
}

static const char *
given_credential_path(const struct yaml_node *name, struct arena *arena, struct report *report)
{
    const char *folder = getenv("CREDENTIALS_DIRECTORY");
    struct buffer path;
    const char *copy;

    if (name->text.length == 0 || strchr(name->text.bytes, '/') != NULL) {
        fault(report, name,
            "'%s' is no name of a credential; write the name that "
            "LoadCredential= gives it",
            name->text.bytes);
        return NULL;
    }
    if (folder == NULL) {
        fault(report, name,
            "credential '%s': no credentials here; systemd gives them (LoadCredential=%s:PATH)",
            name->text.bytes, name->text.bytes);
        return NULL;
    }
    buffer_init(&path);
    buffer_printf(&path, "%s/%s", folder, name->text.bytes);
    copy = arena_copy(arena, (struct text){path.bytes, (uint32_t)path.length}).bytes;
    buffer_fini(&path);
    return copy;
}

static void
given_warn_readable(const struct yaml_node *node, struct report *report)
{
    const char *path = node->document->file;
    struct stat status;

    if (stat(path, &status) != 0 || !S_ISREG(status.st_mode))
        return;
    if ((status.st_mode & (S_IRGRP | S_IROTH)) != 0)
        fault_warn(report, node,
            "a secret stands in a file that %s can read; chmod 600 the file, or write "
            "{file: PATH} here",
            (status.st_mode & S_IROTH) != 0 ? "everybody" : "its group");
}

/* {file: PATH} or {credential: NAME} */
static bool
given_elsewhere(
    const struct yaml_node *node, struct arena *arena, struct report *report, struct text *ret_text)
{
    const struct yaml_node *key, *value;
    const char *path;

    if (node->count != 1) {
        fault(
            report, node, "%u keys; write a text, {file: PATH} or {credential: NAME}", node->count);
        return false;
    }
    key = node->pairs[0].key;
    value = node->pairs[0].value;
    if (value->kind != YAML_SCALAR || yaml_is_null(value) || value->text.length == 0) {
        fault(report, value,
            "%s where a text is needed; write {file: PATH} or "
            "{credential: NAME}",
            fault_kind(value));
        return false;
    }
    if (text_equal(key->text, TEXT("file"))) {
        path = given_path(node, value->text, arena);
        return given_file(value, path, arena, report, ret_text);
    }
    if (text_equal(key->text, TEXT("credential"))) {
        path = given_credential_path(value, arena, report);
        return path != NULL && given_file(value, path, arena, report, ret_text);
    }
    fault_unknown(report, key, "a text that is given elsewhere", given_keys, 2);
    return false;
}

bool
given_text(
    const struct yaml_node *node, struct arena *arena, struct report *report, struct text *ret_text)
{
    *ret_text = (struct text){NULL, 0};
    if (node->kind == YAML_MAP)
        return given_elsewhere(node, arena, report, ret_text);
    if (node->kind == YAML_LIST || yaml_is_null(node)) {
        fault(report, node, "%s where a text is needed", fault_kind(node));
        return false;
    }
    if (memchr(node->text.bytes, '\0', node->text.length) != NULL) {
        fault(report, node, "a text with a zero byte in it");
        return false;
    }
    *ret_text = arena_copy(arena, node->text);
    return true;
}

/* A map with one of our keys; nothing of what else stands there may be repeated. */
static bool
given_is_elsewhere(const struct yaml_node *node)
{
    if (node->kind != YAML_MAP || node->count != 1)
        return false;
    for (size_t i = 0; i < sizeof(given_keys) / sizeof(given_keys[0]); i++)
        if (text_equal(node->pairs[0].key->text, text_of(given_keys[i])))
            return true;
    return false;
}

bool
given_secret(
    const struct yaml_node *node, struct arena *arena, struct report *report, struct text *ret_text)
{
    *ret_text = (struct text){NULL, 0};
    if (node->kind != YAML_SCALAR && !given_is_elsewhere(node)) {
        fault_hidden(report, node,
            "%s where a secret is needed; write {file: PATH} or {credential: NAME}",
            fault_kind(node));
        return false;
    }
    if (node->kind == YAML_SCALAR && fault_is_override(node)) {
        fault_hidden(report, node,
            "a secret on a command line is seen by everybody; write "
            "{file: PATH} or {credential: NAME}");
        return false;
    }
    if (node->kind == YAML_SCALAR && node->text.length > 0)
        given_warn_readable(node, report);
    return given_text(node, arena, report, ret_text);
}
