/* SPDX-License-Identifier: Apache-2.0 */
/* http_client - the one place from which the hub goes out by HTTP (feeds, webhooks, TAXII pull).
 *
 * Why one place: whoever may name an URL could otherwise make the hub fetch from inside its own
 * network. The address is checked where the socket to it is opened, so that neither DNS that
 * changes its answer nor an odd spelling of an address gets past the guard. Private, loopback,
 * link-local, CGNAT, metadata, multicast and IPv4-mapped addresses are refused unless the operator
 * allows the host by name. Only http and https; TLS is verified; the proxy variables of the
 * environment are not read; a redirect is followed only within the same host, port and scheme, or
 * from http to https of the same host.
 *
 * Blocking: for workers and jobs. A client may be used from many threads at once. */
#ifndef HTTP_CLIENT_H
#define HTTP_CLIENT_H

#include "bw_buf.h"
#include "bw_err.h"
#include "bw_ip.h"
#include "bw_view.h"

struct http_client;

/* 0 or NULL takes the default in brackets. Copied, but the strings must outlive the client. */
struct http_client_options {
    const char *const
        *allow_hosts; /* "misp.example", "10.0.0.7", "host:8443" for that port alone */
    size_t n_allow_hosts;
    const char *user_agent; /* ["Breakwater/<version>"] */
    const char *ca_file;    /* [the system's] */
    bool https_only;
    int connect_ms;  /* [10 s] */
    int total_ms;    /* [60 s] */
    int stall_s;     /* [20 s] with less than 100 bytes a second */
    size_t body_max; /* [32 MiB] after decompression */
};

BW_MUST_CHECK enum bw_rc http_client_new(const struct http_client_options *o,
                                         struct http_client **ret, struct bw_err *err);
void http_client_free(struct http_client *c); /* no call may be under way */
void http_client_cancel(
    struct http_client *c); /* calls under way and later ones fail with BW_BUSY */
BW_AUTO_TYPE(http_client, http_client_free);

struct http_call_header {
    const char *name;
    struct bw_view value;
};
struct http_call {
    const char *method; /* NULL: GET */
    struct bw_view url; /* http or https, no user name in it */
    const struct http_call_header *headers;
    size_t n_headers;
    struct bw_view body;   /* .p NULL: none */
    const char *body_type; /* "application/json" */
    int total_ms;          /* 0: the client's */
    size_t body_max;       /* 0: the client's */
    /* Where set, gets the body of a 2xx piece by piece instead of reply.body; false ends the call.
     */
    bool (*sink)(void *arg, struct bw_view piece);
    void *sink_arg;
};

struct http_reply {
    int status;
    struct bw_buf body;
    char type[128], etag[256], last_modified[64]; /* headers as they came, or "" */
    int64_t retry_after_s;                        /* -1: none, or a date */
    struct bw_ip peer;                            /* whom we really spoke with */
};
void http_reply_done(struct http_reply *r);

/* BW_OK: an answer came, of whatever status (a redirect elsewhere is one too); *ret is set and is
 * released with http_reply_done(). BW_INVALID: not such an URL or header; BW_DENIED: the address is
 * not allowed; BW_LIMIT: larger than body_max; BW_BUSY: cancelled, or the sink ended it; BW_IO:
 * everything else (name, connection, TLS, time), with a message for the person who set the URL. */
BW_MUST_CHECK enum bw_rc http_client_do(struct http_client *c, const struct http_call *call,
                                        struct http_reply *ret, struct bw_err *err);

#endif
