/* A TLS session that checks who answers. */
#include "pipeline/redis/tls.h"

#include "config/base/check.h"

#ifdef FOOTPRINT_REDIS_TLS

#include <hiredis/hiredis.h>
#include <hiredis/hiredis_ssl.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <stdatomic.h>

static _Atomic int tls_fault; /* what the last certificate was refused for, or X509_V_OK */

static int
tls_verified(int good, X509_STORE_CTX *look)
{
    atomic_store(&tls_fault, X509_STORE_CTX_get_error(look));
    return good;
}

const char *
tls_why(void)
{
    int fault = atomic_load(&tls_fault);

    return fault == X509_V_OK ? NULL : X509_verify_cert_error_string(fault);
}

static SSL *
tls_session(SSL_CTX *settings, const char *host)
{
    SSL *session = SSL_new(settings);

    if (session == NULL)
        return NULL;
    SSL_set_verify(session, SSL_VERIFY_PEER, tls_verified);
    if (SSL_set1_host(session, host) == 1 && SSL_set_tlsext_host_name(session, host) == 1)
        return session;
    SSL_free(session);
    return NULL;
}

enum err_code
tls_begin(struct redisContext *context, const char *host, struct err *reterr)
{
    SSL_CTX *settings = SSL_CTX_new(TLS_client_method());
    SSL *session = NULL;

    CHECK(context != NULL);
    atomic_store(&tls_fault, X509_V_OK);
    if (settings != NULL && SSL_CTX_set_min_proto_version(settings, TLS1_2_VERSION) == 1 &&
        SSL_CTX_set_default_verify_paths(settings) == 1)
        session = tls_session(settings, host);
    SSL_CTX_free(settings); /* the session holds it */
    if (session == NULL)
        return err_set(reterr, ERR_INPUT, "TLS can't be set up");
    if (redisInitiateSSL(context, session) == REDIS_OK)
        return ERR_NONE;
    SSL_free(session);
    return err_set(reterr, ERR_RETRY, "TLS: %s", tls_why() != NULL ? tls_why() : context->errstr);
}

bool
tls_built(void)
{
    return true;
}

#else

bool
tls_built(void)
{
    return false;
}

const char *
tls_why(void)
{
    return NULL;
}

enum err_code
tls_begin(struct redisContext *context, const char *host, struct err *reterr)
{
    CHECK(context != NULL);
    return err_set(reterr, ERR_INPUT,
        "rediss:// to %s needs hiredis with TLS, which this build has not", host);
}

#endif
