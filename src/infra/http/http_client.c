/* SPDX-License-Identifier: Apache-2.0 */
/* http_client - see http_client.h. libcurl's easy interface, one handle a call.
 *
 * The guard sits in CURLOPT_OPENSOCKETFUNCTION: libcurl calls it with the very address it is about
 * to connect to, after resolving, for each address of a name. */
#include "http_client.h"
#include "bw_fault.h"
#include "http_int.h"
#include <curl/curl.h>
#include <stdio.h>
#include <strings.h>
#include <sys/socket.h>

#define REDIRECTS_MAX 3
#define HEADER_BYTES_MAX 65536
#define STALL_BYTES 100L

struct http_client {
    struct http_client_options o;
    atomic_bool cancelled;
    char agent[128];
};

/* One call under way. */
struct flight {
    struct http_client *client;
    const struct http_call *call;
    struct http_reply reply;
    CURL *easy;
    struct curl_slist *headers;
    char host[256], scheme[8];
    int64_t port;
    char next[2048]; /* redirect that may be followed */
    bool guarded, refused, too_large, ended_by_sink, has_peer;
    size_t header_bytes, body_max;
    char message[CURL_ERROR_SIZE];
};

static void flight_done(struct flight *f)
{
    curl_slist_free_all(f->headers);
    if (f->easy)
        curl_easy_cleanup(f->easy);
    bw_buf_done(&f->reply.body);
}

void http_reply_done(struct http_reply *r)
{
    bw_buf_done(&r->body);
}

static void global_init(void)
{
    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
}

enum bw_rc http_client_new(const struct http_client_options *o, struct http_client **ret,
                           struct bw_err *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, global_init);
    struct http_client *c = bw_calloc(1, sizeof *c);
    if (!c)
        return bw_fail_memory(err);
    c->o = *o;
    c->o.connect_ms = o->connect_ms ? o->connect_ms : 10000;
    c->o.total_ms = o->total_ms ? o->total_ms : 60000;
    c->o.stall_s = o->stall_s ? o->stall_s : 20;
    c->o.body_max = o->body_max ? o->body_max : 32u * 1024 * 1024;
    (void)snprintf(c->agent, sizeof c->agent, "%s",
                   o->user_agent ? o->user_agent : "Breakwater/" BW_VERSION);
    *ret = c;
    return BW_OK;
}

void http_client_free(struct http_client *c)
{
    free(c);
}

void http_client_cancel(struct http_client *c)
{
    atomic_store(&c->cancelled, true);
}

/* ---- what libcurl calls ---- */

static curl_socket_t on_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
    struct flight *f = arg;
    struct bw_ip ip;
    if (purpose != CURLSOCKTYPE_IPCXN || !http_ip_of(&to->addr, &ip) ||
        (f->guarded && bw_ip_is_special(&ip))) {
        f->refused = true;
        return CURL_SOCKET_BAD;
    }
    f->reply.peer = ip;
    f->has_peer = true;
    return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

static void keep_header(char *out, size_t room, struct bw_view v)
{
    v = bw_utf8_valid(v) && v.n < room ? v : (struct bw_view){NULL, 0};
    memcpy(out, v.p ? v.p : "", v.n);
    out[v.n] = '\0';
}

static size_t on_header(char *p, size_t size, size_t n, void *arg)
{
    struct flight *f = arg;
    struct http_reply *r = &f->reply;
    struct bw_view value = bw_view_trim(bw_view_of(p, size * n));
    f->header_bytes += size * n;
    if (f->header_bytes > HEADER_BYTES_MAX) {
        f->too_large = true;
        return 0;
    }
    if (bw_view_starts(value, BW_V("HTTP/"))) { /* a new answer, e.g. after 100 */
        r->type[0] = r->etag[0] = r->last_modified[0] = '\0';
        r->retry_after_s = -1;
        return size * n;
    }
    struct bw_view name = bw_view_split(&value, ':');
    value = bw_view_trim(value);
    if (bw_view_eq_nocase(name, BW_V("Content-Type")))
        keep_header(r->type, sizeof r->type, value);
    else if (bw_view_eq_nocase(name, BW_V("ETag")))
        keep_header(r->etag, sizeof r->etag, value);
    else if (bw_view_eq_nocase(name, BW_V("Last-Modified")))
        keep_header(r->last_modified, sizeof r->last_modified, value);
    else if (bw_view_eq_nocase(name, BW_V("Retry-After")) &&
             (!bw_view_int(value, &r->retry_after_s) || r->retry_after_s < 0))
        r->retry_after_s = -1;
    return size * n;
}

static size_t on_body(char *p, size_t size, size_t n, void *arg)
{
    struct flight *f = arg;
    struct bw_view piece = bw_view_of(p, size * n);
    long status = 0;
    (void)curl_easy_getinfo(f->easy, CURLINFO_RESPONSE_CODE, &status);
    if (f->call->sink && status >= 200 && status < 300) {
        if (piece.n > f->body_max) {
            f->too_large = true;
            return 0;
        }
        f->body_max -= piece.n;
        f->ended_by_sink = !f->call->sink(f->call->sink_arg, piece);
        return f->ended_by_sink ? 0 : piece.n;
    }
    bw_buf_view(&f->reply.body, piece);
    f->too_large = f->reply.body.rc == BW_LIMIT;
    return f->reply.body.rc == BW_OK ? piece.n : 0;
}

static int on_progress(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    const struct flight *f = arg;
    return atomic_load(&f->client->cancelled) ? 1 : 0;
}

/* ---- the URL ---- */

static void get_part(CURLU *u, CURLUPart part, char *out, size_t room)
{
    char *z = NULL;
    if (curl_url_get(u, part, &z, CURLU_DEFAULT_PORT) != CURLUE_OK || !z || strlen(z) >= room)
        out[0] = '\0';
    else
        memcpy(out, z, strlen(z) + 1);
    curl_free(z);
}

struct place {
    char host[256], scheme[8];
    int64_t port;
    bool has_user;
};

static bool parse_url(const char *z, struct place *ret)
{
    CURLU *u = curl_url();
    char port[8] = "", *any = NULL;
    *ret = (struct place){0};
    if (!u)
        return false;
    bool ok = curl_url_set(u, CURLUPART_URL, z, 0) == CURLUE_OK;
    if (ok) {
        get_part(u, CURLUPART_HOST, ret->host, sizeof ret->host);
        get_part(u, CURLUPART_SCHEME, ret->scheme, sizeof ret->scheme);
        get_part(u, CURLUPART_PORT, port, sizeof port);
        ret->has_user = curl_url_get(u, CURLUPART_USER, &any, 0) == CURLUE_OK ||
                        curl_url_get(u, CURLUPART_PASSWORD, &any, 0) == CURLUE_OK;
        curl_free(any);
        size_t n = strlen(ret->host); /* "name." is the same host as "name" */
        if (n > 1 && ret->host[n - 1] == '.')
            ret->host[n - 1] = '\0';
    }
    curl_url_cleanup(u);
    return ok && ret->host[0] && bw_view_int(bw_view_z(port), &ret->port);
}

static bool host_allowed(const struct http_client *c, const struct place *at)
{
    char with_port[300];
    (void)snprintf(with_port, sizeof with_port, "%s:%lld", at->host, (long long)at->port);
    for (size_t i = 0; i < c->o.n_allow_hosts; i++) {
        const char *a = c->o.allow_hosts[i];
        if (strcasecmp(a, at->host) == 0 || strcasecmp(a, with_port) == 0)
            return true;
    }
    return false;
}

static enum bw_rc check_url(struct flight *f, const char *url, struct bw_err *err)
{
    struct place at;
    if (!parse_url(url, &at))
        return bw_fail(err, BW_INVALID, "This is not an address that can be fetched.");
    if (strcmp(at.scheme, "https") != 0 &&
        (f->client->o.https_only || strcmp(at.scheme, "http") != 0))
        return bw_fail(err, BW_INVALID, "Only %s addresses can be fetched.",
                       f->client->o.https_only ? "https" : "http and https");
    if (at.has_user)
        return bw_fail(err, BW_INVALID, "An address must not have a user name or password in it.");
    memcpy(f->host, at.host, sizeof f->host);
    memcpy(f->scheme, at.scheme, sizeof f->scheme);
    f->port = at.port;
    f->guarded = !host_allowed(f->client, &at);
    return BW_OK;
}

/* May a redirect from here to URL be followed? */
static bool same_place(const struct flight *f, const char *url)
{
    struct place to;
    if (!parse_url(url, &to) || to.has_user || strcasecmp(to.host, f->host) != 0)
        return false;
    if (strcmp(to.scheme, f->scheme) == 0)
        return to.port == f->port;
    return strcmp(f->scheme, "http") == 0 && strcmp(to.scheme, "https") == 0 && f->port == 80 &&
           to.port == 443;
}

/* ---- one call ---- */

static enum bw_rc add_headers(struct flight *f, struct bw_err *err)
{
    const struct http_call *call = f->call;
    char line[8192];
    for (size_t i = 0; i < call->n_headers + 2; i++) {
        struct http_call_header h = {"Expect", {NULL, 0}}; /* no waiting for 100 */
        if (i < call->n_headers)
            h = call->headers[i];
        else if (i == call->n_headers && call->body_type)
            h = (struct http_call_header){"Content-Type", bw_view_z(call->body_type)};
        if (!http_is_token(bw_view_z(h.name)) || !http_is_field_value(h.value))
            return bw_fail(err, BW_INVALID, "A header has a character that is not allowed.");
        int n =
            snprintf(line, sizeof line, "%s:%s%.*s", h.name, h.value.n ? " " : "", BW_VF(h.value));
        if (n <= 0 || (size_t)n >= sizeof line)
            return bw_fail(err, BW_INVALID, "A header is too long.");
        struct curl_slist *more = curl_slist_append(f->headers, line);
        if (!more)
            return bw_fail_memory(err);
        f->headers = more;
    }
    return BW_OK;
}

#define SET(option, value) (void)curl_easy_setopt(f->easy, (option), (value))

static void set_limits(struct flight *f)
{
    const struct http_client_options *o = &f->client->o;
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_PROXY, "");
    SET(CURLOPT_NOPROXY, "*");
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (o->ca_file)
        SET(CURLOPT_CAINFO, o->ca_file);
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)o->connect_ms);
    SET(CURLOPT_TIMEOUT_MS, (long)(f->call->total_ms ? f->call->total_ms : o->total_ms));
    SET(CURLOPT_LOW_SPEED_LIMIT, STALL_BYTES);
    SET(CURLOPT_LOW_SPEED_TIME, (long)o->stall_s);
    SET(CURLOPT_USERAGENT, f->client->agent);
    SET(CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
    SET(CURLOPT_ERRORBUFFER, f->message);
    SET(CURLOPT_OPENSOCKETFUNCTION, on_socket);
    SET(CURLOPT_OPENSOCKETDATA, f);
    SET(CURLOPT_HEADERFUNCTION, on_header);
    SET(CURLOPT_HEADERDATA, f);
    SET(CURLOPT_WRITEFUNCTION, on_body);
    SET(CURLOPT_WRITEDATA, f);
    SET(CURLOPT_XFERINFOFUNCTION, on_progress);
    SET(CURLOPT_XFERINFODATA, f);
    SET(CURLOPT_NOPROGRESS, 0L);
}

static void set_request(struct flight *f, const char *url)
{
    const struct http_call *call = f->call;
    const char *method = call->method ? call->method : "GET";
    SET(CURLOPT_URL, url);
    SET(CURLOPT_HTTPHEADER, f->headers);
    if (strcmp(method, "HEAD") == 0) {
        SET(CURLOPT_NOBODY, 1L);
    } else if (call->body.p || strcmp(method, "POST") == 0) {
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body.n);
        SET(CURLOPT_POSTFIELDS, call->body.p ? call->body.p : "");
        SET(CURLOPT_CUSTOMREQUEST, method);
    } else if (strcmp(method, "GET") != 0) {
        SET(CURLOPT_CUSTOMREQUEST, method);
    }
}

static enum bw_rc explain(struct flight *f, CURLcode code, struct bw_err *err)
{
    if (code == CURLE_OK)
        return BW_OK;
    if (f->too_large)
        return bw_fail(err, BW_LIMIT, "The answer of %s is too large.", f->host);
    if (f->ended_by_sink || atomic_load(&f->client->cancelled))
        return bw_fail(err, BW_BUSY, "The fetch was ended.");
    if (code == CURLE_COULDNT_CONNECT && f->refused && !f->has_peer)
        return bw_fail(err, BW_DENIED,
                       "%s is an address inside this network. The operator may allow it by name.",
                       f->host);
    if (code == CURLE_OUT_OF_MEMORY || f->reply.body.rc == BW_MEMORY)
        return bw_fail_memory(err);
    return bw_fail_detail(err, BW_IO, curl_easy_strerror(code), "%s: %s", f->host, f->message);
}

/* Sets *ret_again where f->next holds a redirect to follow. */
static enum bw_rc perform(struct flight *f, const char *url, bool *ret_again, struct bw_err *err)
{
    char *to = NULL;
    long status = 0;
    f->refused = f->has_peer = false;
    BW_TRY(check_url(f, url, err));
    set_request(f, url);
    BW_TRY(explain(f, curl_easy_perform(f->easy), err));
    (void)curl_easy_getinfo(f->easy, CURLINFO_RESPONSE_CODE, &status);
    (void)curl_easy_getinfo(f->easy, CURLINFO_REDIRECT_URL, &to);
    f->reply.status = (int)status;
    *ret_again = (!f->call->method || strcmp(f->call->method, "GET") == 0) && status >= 301 &&
                 status <= 308 && to && strlen(to) < sizeof f->next && same_place(f, to);
    if (*ret_again)
        memcpy(f->next, to, strlen(to) + 1);
    return BW_OK;
}

static enum bw_rc fly(struct flight *f, struct bw_err *err)
{
    char url[sizeof f->next];
    const struct http_call *call = f->call;
    bool again = true;
    if (call->url.n >= sizeof url || !http_is_field_value(call->url) ||
        bw_view_find_byte(call->url, ' ') != SIZE_MAX)
        return bw_fail(err, BW_INVALID, "This is not an address that can be fetched.");
    memcpy(url, call->url.p ? call->url.p : "", call->url.n);
    url[call->url.n] = '\0';
    f->easy = curl_easy_init();
    if (!f->easy)
        return bw_fail_memory(err);
    BW_TRY(add_headers(f, err));
    set_limits(f);
    for (int i = 0; again; i++) {
        bw_buf_reset(&f->reply.body);
        BW_TRY(perform(f, url, &again, err));
        if (again && i == REDIRECTS_MAX)
            return bw_fail(err, BW_IO, "%s redirects without end.", f->host);
        memcpy(url, f->next, sizeof url);
    }
    return BW_OK;
}

enum bw_rc http_client_do(struct http_client *c, const struct http_call *call,
                          struct http_reply *ret, struct bw_err *err)
{
    struct flight f = {.client = c, .call = call};
    f.body_max = call->body_max ? call->body_max : c->o.body_max;
    f.reply.body = BW_BUF_INIT(f.body_max);
    f.reply.retry_after_s = -1;
    enum bw_rc rc =
        atomic_load(&c->cancelled) ? bw_fail(err, BW_BUSY, "The fetch was ended.") : fly(&f, err);
    if (rc == BW_OK) {
        *ret = f.reply;
        f.reply.body = BW_BUF_INIT(0);
    }
    flight_done(&f);
    return rc;
}
