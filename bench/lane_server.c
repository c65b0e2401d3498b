/* SPDX-License-Identifier: Apache-2.0 */
/* lane_server - the smallest server on infra/http and infra/db, for bench/lane: what does it change
 * that writes run on workers and meet in the write lane, and not on the loop that serves the
 * readers?
 *
 *     GET  /read            twenty rows, on a loop
 *     POST /write           one row, on a worker: the design
 *     POST /write-on-loop   the same on the loop: what the design forbids
 *     GET  /stats           "writes N groups N most N"
 *
 * Use: lane_server DIR WORKERS. Ends with SIGTERM. */
#include "bw_log.h"
#include "db.h"
#include "http.h"

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>

static struct db_engine *engine;

static const struct db_migration STEPS[] = {
    {2, "0002_bench",
     "CREATE TABLE note (id $id, at_us $int NOT NULL, body $text NOT NULL) $strict;\n"
     "CREATE INDEX note_by_time ON note (at_us, id);"},
};

static enum bw_rc read_rows(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    BW_AUTO(db) *db = NULL;
    BW_AUTO(db_stmt) *st = NULL;
    enum bw_rc rc;
    BW_TRY(db_open(engine, &db, err));
    BW_TRY(db_plain(db, "SELECT id, at_us, body FROM note ORDER BY at_us DESC, id DESC LIMIT 20",
                    &st, err));
    while ((rc = db_row(st, err)) == BW_OK)
        bw_buf_printf(http_out(rs), "%" PRId64 " %" PRId64 " %.*s\n", db_int(st, 0), db_int(st, 1),
                      BW_VF(db_text(st, 2)));
    http_type(rs, "text/plain");
    return rc == BW_NOT_FOUND ? BW_OK : rc;
}

static enum bw_rc insert(struct db_tx *tx, void *arg, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    (void)arg;
    BW_TRY(db_change(tx, "INSERT INTO note (at_us, body) VALUES (?1, ?2)", &st, err));
    db_bind_int(st, 1, db_tx_now_us(tx));
    db_bind_text(st, 2,
                 BW_V("two hundred bytes of something that somebody wanted to keep, and that is "
                      "written in one transaction of its own as far as its author can tell, with "
                      "whatever else there is at the moment"));
    return db_run(st, err);
}

static enum bw_rc write_row(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    (void)rq;
    BW_TRY(db_write(engine, insert, NULL, err));
    BW_BUF_LIT(http_out(rs), "kept\n");
    http_type(rs, "text/plain");
    return BW_OK;
}

static enum bw_rc stats(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct db_stats s;
    (void)rq, (void)err;
    db_engine_stats(engine, &s);
    bw_buf_printf(http_out(rs), "writes %" PRId64 " groups %" PRId64 " most %" PRId64 "\n",
                  s.writes, s.groups, s.group_max);
    http_type(rs, "text/plain");
    return BW_OK;
}

static const struct http_route ROUTES[] = {
    {HTTP_GET, "/read", HTTP_LOOP, HTTP_API, 0, NULL, 0, 0, NULL, read_rows, "rows"},
    {HTTP_POST, "/write", HTTP_WORKER, HTTP_API, 0, NULL, 0, 0, NULL, write_row, "a row"},
    {HTTP_POST, "/write-on-loop", HTTP_LOOP, HTTP_API, 0, NULL, 0, 0, NULL, write_row, "a row"},
    {HTTP_GET, "/stats", HTTP_LOOP, HTTP_API, 0, NULL, 0, 0, NULL, stats, "counts"},
};

static bool reach_nothing(const struct viewer *v, struct db *db, int64_t audience)
{
    (void)v, (void)db, (void)audience;
    return false;
}

int main(int argc, char **argv)
{
    struct bw_err err = {0};
    struct http_server *server = NULL;
    char path[4096];
    int64_t workers;
    sigset_t signals;
    int got;
    if (argc < 3 || !bw_view_int(bw_view_z(argv[2]), &workers) || workers < 1 || workers > 256) {
        fprintf(stderr, "use: lane_server DIR WORKERS\n");
        return 2;
    }
    bw_log_setup(BW_LOG_ERROR, BW_LOG_AUTO);
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    snprintf(path, sizeof path, "%s/lane.db", argv[1]);
    enum bw_rc rc = db_engine_open(&(struct db_options){.url = path,
                                                        .reach = reach_nothing,
                                                        .migrations = STEPS,
                                                        .n_migrations = BW_COUNT(STEPS)},
                                   &engine, &err);
    if (rc == BW_OK)
        rc = http_server_start(&(struct http_options){.listen = "127.0.0.1:0",
                                                      .routes = ROUTES,
                                                      .n_routes = BW_COUNT(ROUTES),
                                                      .loops = 2,
                                                      .workers = (int)workers,
                                                      .connections_per_address = 4096},
                               &server, &err);
    if (rc != BW_OK) {
        fprintf(stderr, "lane_server: %s %s\n", err.message, err.detail);
        return 1;
    }
    printf("listening on http://127.0.0.1:%d\n", http_server_port(server));
    fflush(stdout);
    sigwait(&signals, &got);
    http_server_stop(server, 1000);
    db_engine_close(engine);
    return 0;
}
