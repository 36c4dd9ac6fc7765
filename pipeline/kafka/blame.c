/* What is wrong between us and a broker, in words that say what to mend. */
#include "pipeline/kafka/blame.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* OpenSSL's X509_V_ERR_*: part of its ABI, and its library is not needed for anything else. */
static const struct {
    int code;
    const char *text;
} blame_faults[] = {
    {9, "is not valid yet; is the clock right?"},
    {10, "has expired"},
    {18, "is signed by itself, and not one of those in ssl.ca.location"},
    {19, "is of an authority that is not in ssl.ca.location"},
    {20, "is of an authority that is not in ssl.ca.location"},
    {21, "is of an authority that is not in ssl.ca.location"},
    {23, "has been revoked"},
    {24, "is signed by something that is no authority"},
    {26, "is not meant for a server"},
    {62, "is for another host name than the one it was reached by"},
    {64, "is for another address than the one it was reached by"},
    {66, "has a key that is too short"},
    {67, "has a signature by a hash that is too weak"},
};

static _Atomic int blame_certificate; /* what the last certificate was refused for, or 0 */

static int
blame_verify(rd_kafka_t *rk, const char *broker, int32_t number, int *error, int depth,
    const char *der, size_t length, char *text, size_t bytes, void *opaque)
{
    (void)rk;
    (void)broker;
    (void)number;
    (void)der;
    (void)length;
    (void)opaque;
    if (*error == 0 && depth > 0)
        return 1; /* the verdict comes with the broker's own */
    atomic_store(&blame_certificate, *error);
    if (*error != 0)
        snprintf(text, bytes, "refused: %d", *error);
    return *error == 0;
}

void
blame_watch(rd_kafka_conf_t *conf)
{
    char unused[8];
    size_t bytes = sizeof(unused);

    /* Who switches verification off wants certificates to pass. */
    if (rd_kafka_conf_get(conf, "enable.ssl.certificate.verification", unused, &bytes) ==
            RD_KAFKA_CONF_OK &&
        strcmp(unused, "true") == 0)
        (void)rd_kafka_conf_set_ssl_cert_verify_cb(conf, blame_verify);
}

/* NULL: it was not refused. */
static const char *
blame_fault(void)
{
    int code = atomic_load(&blame_certificate);

    for (size_t i = 0; i < sizeof(blame_faults) / sizeof(blame_faults[0]); i++)
        if (blame_faults[i].code == code)
            return blame_faults[i].text;
    return NULL;
}

/* TLS 1.1 ends in different places: by its number, or by the hash that it signs with. */
static bool
blame_is_old(const char *handshake)
{
    return strstr(handshake, "unsupported protocol") != NULL ||
           strstr(handshake, "protocol version") != NULL ||
           strstr(handshake, "legacy sigalg") != NULL;
}

void
blame_say(const char *said, char *room, size_t bytes)
{
    const char *handshake = strstr(said, ": SSL handshake failed: "), *fault = NULL;
    const char *end = strstr(said, " (after ");
    int length = (int)(end == NULL ? strlen(said) : (size_t)(end - said));

    if (handshake != NULL && strstr(handshake, "certificate verify failed") != NULL)
        fault = blame_fault();
    if (fault != NULL)
        snprintf(
            room, bytes, "%.*s: the broker's certificate %s", (int)(handshake - said), said, fault);
    else if (handshake != NULL && blame_is_old(handshake))
        snprintf(room, bytes, "%.*s: the broker's TLS is too old: it takes 1.2 with SHA-256",
            (int)(handshake - said), said);
    else
        snprintf(room, bytes, "%.*s", length, said);
}

static void
blame_heard(rd_kafka_t *rk, int error, const char *text, void *opaque)
{
    struct blame *blame = opaque;

    (void)rk;
    if (error != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
        blame_say(text, blame->why, sizeof(blame->why));
}

void
blame_listen(rd_kafka_conf_t *conf, struct blame *blame)
{
    blame->why[0] = '\0';
    rd_kafka_conf_set_opaque(conf, blame);
    rd_kafka_conf_set_error_cb(conf, blame_heard);
}

static bool
blame_is_vague(rd_kafka_resp_err_t error)
{
    return error == RD_KAFKA_RESP_ERR__TRANSPORT || error == RD_KAFKA_RESP_ERR__TIMED_OUT ||
           error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || error == RD_KAFKA_RESP_ERR__SSL ||
           error == RD_KAFKA_RESP_ERR__AUTHENTICATION || error == RD_KAFKA_RESP_ERR__RESOLVE;
}

const char *
blame_why(struct blame *blame, rd_kafka_t *rk, rd_kafka_resp_err_t error)
{
    rd_kafka_poll(rk, 0); /* calls blame_heard for what is waiting */
    return blame_is_vague(error) && blame->why[0] != '\0' ? blame->why : rd_kafka_err2str(error);
}
