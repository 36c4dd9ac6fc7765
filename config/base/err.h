#ifndef FOOTPRINT_BASE_ERR_H
#define FOOTPRINT_BASE_ERR_H

/*
 * One error, as a person reads it, and what the caller should do about it.
 *
 * Used at start, on reload and by administration; the path of an event returns a small enum of its
 * stage instead. A message names the place, what is wrong and what would be right; err_wrap puts
 * the outer context in front ("footprint.yaml:12:3: " + what it said).
 * Longer messages are cut at the end of the buffer. reterr is set on failure only.
 */

#include <stddef.h>

enum err_code {
    ERR_NONE = 0,
    ERR_RETRY, /* a server or a resource is not there now; the same call may succeed later */
    ERR_INPUT, /* what the caller or the user gave is wrong; the same call fails again */
    ERR_FATAL, /* this object can't go on; free it */
};

#define ERR_MSG_BYTES_MAX 4096

struct err {
    enum err_code code;
    char msg[ERR_MSG_BYTES_MAX];
};

/* Both return the code, so that a failure is one line: return err_set(reterr, ERR_INPUT, "..."). */
enum err_code err_set(struct err *reterr, enum err_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
enum err_code err_wrap(struct err *reterr, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#define ERR_MUSTCHECK __attribute__((warn_unused_result))

#endif
