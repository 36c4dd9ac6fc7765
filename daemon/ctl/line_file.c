/* A file, plain or gzip, line by line. */
#include "daemon/ctl/line_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "config/base/buffer.h"
#include "config/base/check.h"

#define LINE_FILE_CHUNK_BYTES (256u * 1024)
#define LINE_FILE_LENGTH_MAX (1024u * 1024 * 1024)

/* buffer: ... | taken | line | rest ... */
struct line_file {
    const char *path;
    gzFile file;
    uint64_t size;
    struct buffer buffer;
    size_t start;    /* of the next line */
    size_t searched; /* no end of a line between start and here */
    bool ended;
    struct err err;
};

struct line_file *
line_file_open(const char *path, struct err *reterr)
{
    struct line_file *lines = calloc(1, sizeof(*lines));
    struct stat status;

    CHECK(lines != NULL);
    lines->path = path;
    buffer_init(&lines->buffer);
    lines->file = strcmp(path, "-") == 0 ? gzdopen(dup(STDIN_FILENO), "rb") : gzopen(path, "rbe");
    if (lines->file == NULL) {
        err_set(reterr, ERR_INPUT, "%s: %s", path, strerror(errno));
        line_file_close(lines);
        return NULL;
    }
    gzbuffer(lines->file, LINE_FILE_CHUNK_BYTES);
    if (stat(path, &status) == 0 && S_ISREG(status.st_mode))
        lines->size = (uint64_t)status.st_size;
    return lines;
}

void
line_file_close(struct line_file *lines)
{
    if (lines == NULL)
        return;
    if (lines->file != NULL)
        gzclose(lines->file);
    buffer_fini(&lines->buffer);
    free(lines);
}

/* More bytes behind what there is. False: there are none. */
static bool
line_file_fill(struct line_file *lines)
{
    struct buffer *buffer = &lines->buffer;
    int got, code;

    if (lines->ended)
        return false;
    if (lines->start > 0) {
        memmove(buffer->bytes, buffer->bytes + lines->start, buffer->length - lines->start);
        buffer->length -= lines->start;
        lines->searched -= lines->start;
        lines->start = 0;
    }
    got = gzread(lines->file, buffer_reserve(buffer, LINE_FILE_CHUNK_BYTES), LINE_FILE_CHUNK_BYTES);
    if (got > 0)
        buffer->length += (size_t)got;
    if (buffer->length > LINE_FILE_LENGTH_MAX)
        err_set(&lines->err, ERR_INPUT, "%s: a line without an end", lines->path);
    if (got < (int)LINE_FILE_CHUNK_BYTES) {
        const char *why = gzerror(lines->file, &code);

        if (code != Z_OK)
            err_set(&lines->err, ERR_INPUT, "%s", why);
    }
    lines->ended = got <= 0 || lines->err.code != ERR_NONE;
    return got > 0;
}

bool
line_file_next(struct line_file *lines, struct text *ret_line)
{
    struct buffer *buffer = &lines->buffer;
    const char *end = NULL;

    while (end == NULL) {
        if (buffer->length > lines->searched)
            end = memchr(buffer->bytes + lines->searched, '\n', buffer->length - lines->searched);
        if (end != NULL)
            break;
        lines->searched = buffer->length;
        if (!line_file_fill(lines))
            break;
    }
    if (end == NULL && (buffer->length == lines->start || lines->err.code != ERR_NONE))
        return false;
    if (end == NULL)
        end = buffer->bytes + buffer->length; /* the last line has no end */
    ret_line->bytes = buffer->bytes + lines->start;
    ret_line->length = (uint32_t)(end - ret_line->bytes);
    lines->start += ret_line->length;
    if (lines->start < buffer->length)
        lines->start++;
    lines->searched = lines->start;
    return true;
}

enum err_code
line_file_error(struct line_file *lines, struct err *reterr)
{
    if (lines->err.code != ERR_NONE)
        *reterr = lines->err;
    return lines->err.code;
}

uint64_t
line_file_offset(const struct line_file *lines)
{
    z_off_t offset = gzoffset(lines->file);

    return offset < 0 ? 0 : (uint64_t)offset;
}

uint64_t
line_file_size(const struct line_file *lines)
{
    return lines->size;
}
