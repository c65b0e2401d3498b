/* SPDX-License-Identifier: Apache-2.0 */
/* serve - the running hub: rooms, ledger followers, jobs, server, in this order; and back on
 * SIGTERM.
 *
 * Stopping is graceful: no new requests, those under way finish, streams are told, durable
 * consumers take what is committed, then the database is closed. A kill -9 at any point loses
 * nothing that was acknowledged: that is the lane's and the ledger's matter, not this file's. */
#include "running.h"

#include "bw_clock.h"
#include "bw_log.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>

enum { GRACE_MS = 5000, SETTLE_MS = 5000 };
enum { READERS_WAITING = 8 }; /* threads, where each read waits for a database server */

/* Every answer carries these; security.md, Headers. HSTS only where TLS is known to be in front. */
static const struct http_header_row HEADERS[] = {
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
     "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
     HTTP_EVERY_FACE, false},
    {"Cross-Origin-Opener-Policy", "same-origin", HTTP_EVERY_FACE, false},
    {"Cross-Origin-Resource-Policy", "same-origin", HTTP_EVERY_FACE, false},
    {"X-Content-Type-Options", "nosniff", HTTP_EVERY_FACE, false},
    {"Referrer-Policy", "no-referrer", HTTP_EVERY_FACE, false},
    {"Permissions-Policy", "camera=(), geolocation=(), microphone=()", HTTP_EVERY_FACE, false},
    {"Strict-Transport-Security", "max-age=31536000; includeSubDomains", HTTP_EVERY_FACE, true},
    /* Kept by nobody on the way, unless a handler says otherwise. */
    {"Cache-Control", "no-store",
     HTTP_FACE_BIT(HTTP_PAGE) | HTTP_FACE_BIT(HTTP_API) | HTTP_FACE_BIT(HTTP_TAXII), false},
};

/* -- the hub's own jobs ------------------------------------------------------------------------ */

static enum bw_rc job_checkpoint(struct job *job, struct bw_err *err)
{
    struct hub *hub = job_arg(job);
    struct ledger_checkpoint c;
    return ledger_sign(hub->db, hub->signer, &c, err);
}

static enum bw_rc deliver(const struct hub *hub, struct bw_err *err)
{
    struct mail_result sent;
    const struct mail_smtp smtp = {
        .url = setting_text(hub->settings, SETTING_SMTP_URL).p,
        .user = setting_text(hub->settings, SETTING_SMTP_USER).p,
        .password = setting_text(hub->settings, SETTING_SMTP_PASSWORD).p,
        .tls = setting_int(hub->settings, SETTING_SMTP_TLS) ? MAIL_TLS_REQUIRED : MAIL_TLS_OPTIONAL,
    };
    enum { AT_ONCE = 500 };
    if (smtp.url[0] == '\0')
        return BW_OK;
    do {
        BW_TRY(mail_deliver(hub->mail, &smtp, AT_ONCE, &sent, err));
        if (sent.sent + sent.later + sent.failed > 0)
            bw_log(BW_LOG_INFO, "mail.delivered", BW_FI("sent", (int64_t)sent.sent),
                   BW_FI("later", (int64_t)sent.later), BW_FI("failed", (int64_t)sent.failed));
    } while (sent.sent == AT_ONCE);
    return BW_OK;
}

static enum bw_rc job_mail(struct job *job, struct bw_err *err)
{
    enum bw_rc rc = deliver(job_arg(job), err);
    return rc == BW_BUSY ? BW_OK : rc;
}

/* -- putting together -------------------------------------------------------------------------- */

static void gather(struct running *r)
{
    const int64_t checkpoint_us = setting_int(r->hub.settings, SETTING_CHECKPOINT) * BW_MINUTE_US;
    r->jobs[r->n_jobs++] = (struct job_kind){.name = "ledger.checkpoint",
                                             .run = job_checkpoint,
                                             .tries_max = 3,
                                             .every_us = checkpoint_us};
    r->jobs[r->n_jobs++] = (struct job_kind){.name = "mail.deliver",
                                             .run = job_mail,
                                             .tries_max = 1,
                                             .every_us = 5 * BW_SECOND_US};
    for (size_t i = 0; i < app_rooms_n; i++) {
        const struct room *room = app_rooms[i];
        for (size_t j = 0; j < room->n_consumers; j++) {
            BW_ASSERT(r->n_consumers < RUNNING_CONSUMERS_MAX);
            r->consumers[r->n_consumers++] = room->consumers[j];
        }
        for (size_t j = 0; j < room->n_jobs; j++) {
            BW_ASSERT(r->n_jobs < RUNNING_JOBS_MAX);
            r->jobs[r->n_jobs++] = room->jobs[j];
        }
    }
}

static enum bw_rc parse_proxies(struct running *r, struct bw_err *err)
{
    struct bw_view rest = setting_text(r->hub.settings, SETTING_TRUSTED_PROXIES);
    while (rest.n) {
        struct bw_view one = bw_view_trim(bw_view_split(&rest, ' '));
        if (one.n == 0)
            continue;
        if (r->n_proxies == RUNNING_PROXIES_MAX)
            return bw_fail(err, BW_LIMIT, "setting trusted_proxies: at most %d",
                           RUNNING_PROXIES_MAX);
        BW_TRY(bw_prefix_parse(one, &r->proxies[r->n_proxies++], err));
    }
    return BW_OK;
}

static enum bw_rc start_server(struct running *r, const char *listen, struct bw_err *err)
{
    const struct settings *s = r->hub.settings;
    snprintf(r->spool, sizeof(r->spool), "%s/spool", r->hub.data_dir);
    BW_TRY(parse_proxies(r, err));
    struct http_options o = {
        .listen = listen,
        .headers = HEADERS,
        .n_headers = BW_COUNT(HEADERS),
        .hooks = {req_admit, req_begin, req_end, req_on_error},
        .app = &r->hub,
        .loops = (int)setting_int(s, SETTING_LOOPS),
        .loops_send = db_engine_waits(r->hub.db),
        .readers = db_engine_waits(r->hub.db) ? READERS_WAITING : 0,
        .workers = (int)setting_int(s, SETTING_WORKERS),
        .spool_dir = r->spool,
        .connections_max = (int)setting_int(s, SETTING_CONNECTIONS),
        .connections_per_address = (int)setting_int(s, SETTING_CONNECTIONS_PER_ADDRESS),
        .proxies = r->proxies,
        .n_proxies = r->n_proxies,
    };
    o.routes = app_routes(&o.n_routes);
    return http_server_start(&o, &r->server, err);
}

static enum bw_rc start_background(struct running *r, struct bw_err *err)
{
    struct hub *hub = &r->hub;
    enum { JOB_THREADS = 2 };
    if (r->by_hand) {
        BW_TRY(
            ledger_follow_by_hand(hub->db, r->consumers, r->n_consumers, hub, &hub->ledger, err));
        BW_TRY(job_runner_start(hub->db, r->jobs, r->n_jobs, 0, hub, &hub->jobs, err));
        req_touch_by_hand(hub);
        return BW_OK;
    }
    BW_TRY(ledger_start(hub->db, r->consumers, r->n_consumers, hub, &hub->ledger, err));
    BW_TRY(job_runner_start(hub->db, r->jobs, r->n_jobs, JOB_THREADS, hub, &hub->jobs, err));
    return req_touch_start(hub, err);
}

enum bw_rc running_start(struct running *r, const char *listen, struct bw_err *err)
{
    gather(r);
    for (; r->rooms_started < app_rooms_n; r->rooms_started++)
        if (app_rooms[r->rooms_started]->start)
            BW_TRY(app_rooms[r->rooms_started]->start(&r->hub, err));
    BW_TRY(start_background(r, err));
    return start_server(r, listen, err);
}

enum bw_rc running_settle(struct running *r, struct bw_err *err)
{
    BW_ASSERT(r->by_hand);
    BW_TRY(req_touch_write(err));
    BW_TRY(ledger_catch_up(r->hub.ledger, err));
    return job_run_due(r->hub.jobs, err);
}

void running_stop(struct running *r)
{
    http_server_stop(r->server, GRACE_MS);
    req_touch_stop();
    job_runner_stop(r->hub.jobs);
    if (r->hub.ledger && !r->by_hand)
        ledger_settle(r->hub.ledger, SETTLE_MS);
    ledger_stop(r->hub.ledger);
    while (r->rooms_started > 0)
        if (app_rooms[--r->rooms_started]->stop)
            app_rooms[r->rooms_started]->stop(&r->hub);
    app_close(&r->hub);
}

static void block_signals(sigset_t *ret)
{
    sigemptyset(ret);
    sigaddset(ret, SIGTERM);
    sigaddset(ret, SIGINT);
    pthread_sigmask(SIG_BLOCK, ret, NULL); /* all threads that come after inherit it */
    signal(SIGPIPE, SIG_IGN);
}

static enum bw_rc say_ready(const struct running *r, const char *listen, struct bw_err *err)
{
    char url[300];
    const char *colon = strrchr(listen, ':');
    snprintf(url, sizeof(url), "http://%.*s:%d", (int)(colon - listen), listen,
             http_server_port(r->server));
    if (r->hub.demo)
        BW_TRY(demo_announce(&r->hub, url, err));
    printf("listening on %s\n", url);
    fflush(stdout);
    return BW_OK;
}

int app_serve(int argc, char **argv)
{
    struct app_options o;
    struct running r = {0};
    struct bw_err err = {0};
    sigset_t signals;
    int got = 0;

    if (!app_options_parse(argc, argv, "ld", &o))
        return 2;
    const char *listen = o.listen ? o.listen : "127.0.0.1:8080";
    o.create = o.demo;
    o.alone = o.present = true;
    bw_log_setup((enum bw_log_level)setting_int(o.settings, SETTING_LOG_LEVEL), BW_LOG_AUTO);
    block_signals(&signals);
    enum bw_rc rc = app_open(&o, &r.hub, &err);
    if (rc == BW_OK && o.demo)
        rc = demo_fill(&r.hub, r.hub.url.p, &err);
    if (rc == BW_OK)
        rc = running_start(&r, listen, &err);
    if (rc == BW_OK)
        rc = say_ready(&r, listen, &err);
    if (rc == BW_OK) {
        while (sigwait(&signals, &got) != 0)
            ;
        bw_log(BW_LOG_INFO, "serve.stopping", BW_FI("signal", got));
    } else {
        app_keys_forget(&r.hub);
    }
    running_stop(&r);
    app_options_done(&o);
    return rc == BW_OK ? 0 : app_failed(&err);
}
