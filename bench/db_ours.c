/* SPDX-License-Identifier: Apache-2.0 */
/* db_ours - db_work's side that goes through infra/db, whichever engine the URL names. */
#include "bw_log.h"
#include "db.h"
#include "db_side.h"

#include <pthread.h>
#include <stdatomic.h>

struct conn {
    struct db *db;
    struct db_tx *tx;
};

#define STMT struct db_stmt
#define USE_QUERY(c, viewer, name, ret, err) db_query((c)->db, (viewer), SQL_##name, (ret), (err))
#define USE_PLAIN(c, name, ret, err) db_plain((c)->db, SQL_##name, (ret), (err))
#define USE_CHANGE(c, name, ret, err) db_change((c)->tx, SQL_##name, (ret), (err))
#define q_int db_bind_int
#define q_text db_bind_text
#define q_bytes db_bind_bytes
#define q_null db_bind_null
#define q_row db_row
#define q_run db_run
#define q_post db_post
#define q_again db_again
#define q_done db_stmt_free
#define q_get_int db_int
#define q_get db_bytes

static inline int64_t conn_now(const struct conn *c)
{
    return db_tx_now_us(c->tx);
}

#include "db_ops.h"
#include "db_ops_write.h"

static struct db_engine *engine;

static bool reach(const struct viewer *v, struct db *db, int64_t audience_id)
{
    return work_reach(v, audience_id);
}

static const int64_t *codes(const struct viewer *v, size_t *ret_n)
{
    *ret_n = v->all ? SIZE_MAX : v->n;
    return v->codes;
}

static enum bw_rc before_commit(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct conn c = {db_tx_db(tx), tx};
    return op_sequence(&c, err);
}

static enum bw_rc side_open(const char *url, struct bw_err *err)
{
    static const struct db_migration steps[] = {{2, "0002_bench", WORK_SCHEMA}};
    bw_log_setup(BW_LOG_ERROR, BW_LOG_AUTO);
    BW_TRY(db_engine_open(&(struct db_options){.url = url,
                                               .reach = reach,
                                               .codes = codes,
                                               .grants = "audience_grant",
                                               .migrations = steps,
                                               .n_migrations = BW_COUNT(steps)},
                          &engine, err));
    db_engine_hooks(engine, &(struct db_hooks){.before_commit = before_commit});
    return BW_OK;
}

static void side_close(void)
{
    db_engine_close(engine);
}

static enum bw_rc side_points(struct work *w, uint64_t seed, size_t n, size_t each,
                              struct bw_err *err)
{
    for (size_t i = 0; i < n; i += each) {
        BW_AUTO(db) *db = NULL;
        BW_TRY(db_open(engine, &db, err));
        struct conn c = {db, NULL};
        for (size_t k = 0; k < each; k++)
            BW_TRY(op_point(&c, w, seed + i + k, err));
    }
    return BW_OK;
}

static enum bw_rc side_pages(struct work *w, uint64_t seed, size_t n, struct bw_err *err)
{
    for (size_t i = 0; i < n; i++) {
        BW_AUTO(db) *db = NULL;
        BW_TRY(db_open(engine, &db, err));
        struct conn c = {db, NULL};
        BW_TRY(op_page(&c, w, seed + i, err));
    }
    return BW_OK;
}

/* -- writing ----------------------------------------------------------------------------------- */

static enum bw_rc write_item(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct conn c = {db_tx_db(tx), tx};
    return op_publish(&c, arg, err);
}

struct item_list {
    const struct item *list;
    size_t n;
};

static enum bw_rc write_items(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct item_list *items = arg;
    struct conn c = {db_tx_db(tx), tx};
    for (size_t i = 0; i < items->n; i++)
        BW_TRY(op_publish(&c, &items->list[i], err));
    return BW_OK;
}

static enum bw_rc write_batch(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct conn c = {db_tx_db(tx), tx};
    return op_import(&c, arg, err);
}

struct audience_list {
    const struct audience *list;
    size_t n;
};

static enum bw_rc write_audiences(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct audience_list *a = arg;
    struct conn c = {db_tx_db(tx), tx};
    int64_t id;
    for (size_t i = 0; i < a->n; i++)
        BW_TRY(op_audience(&c, &a->list[i], &id, err));
    return BW_OK;
}

struct crew {
    const struct item *list;
    size_t n;
    _Atomic size_t next;
    _Atomic int failed;
    struct bw_err err;
};

static void *writer(void *arg)
{
    struct crew *crew = arg;
    struct bw_err err;
    size_t i;
    while ((i = atomic_fetch_add(&crew->next, 1)) < crew->n)
        if (db_write(engine, write_item, (void *)(uintptr_t)&crew->list[i], &err) != BW_OK &&
            atomic_exchange(&crew->failed, 1) == 0)
            crew->err = err;
    return NULL;
}

static enum bw_rc side_publish(struct work *w, const struct item *list, size_t n, size_t writers,
                               struct done *ret, struct bw_err *err)
{
    enum { WRITERS_MAX = 64 };
    struct crew crew = {.list = list, .n = n};
    pthread_t threads[WRITERS_MAX];
    struct db_stats before, after;
    if (writers == 0)
        return db_write(engine, write_items, &(struct item_list){list, n}, err);
    db_engine_stats(engine, &before);
    if (writers == 1)
        writer(&crew);
    else {
        writers = writers > WRITERS_MAX ? WRITERS_MAX : writers;
        for (size_t i = 0; i < writers; i++)
            BW_ASSERT(pthread_create(&threads[i], NULL, writer, &crew) == 0);
        for (size_t i = 0; i < writers; i++)
            pthread_join(threads[i], NULL);
    }
    db_engine_stats(engine, &after);
    ret->groups = after.groups - before.groups;
    if (crew.failed)
        *err = crew.err;
    return crew.failed ? err->rc : BW_OK;
}

static enum bw_rc side_import(struct work *w, const struct batch *list, size_t n,
                              struct bw_err *err)
{
    for (size_t i = 0; i < n; i++)
        BW_TRY(db_write(engine, write_batch, (void *)(uintptr_t)&list[i], err));
    return BW_OK;
}

static enum bw_rc side_audiences(struct work *w, const struct audience *list, size_t n,
                                 struct bw_err *err)
{
    struct audience_list a = {list, n};
    return db_write(engine, write_audiences, &a, err);
}

const struct side side_ours = {"ours",     side_open,    side_close,  side_points,
                               side_pages, side_publish, side_import, side_audiences};
