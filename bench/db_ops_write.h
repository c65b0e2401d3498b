/* SPDX-License-Identifier: Apache-2.0 */
/* db_ops_write - publishing and importing: see db_ops.h, which is included before this. */
#ifndef DB_OPS_WRITE_H
#define DB_OPS_WRITE_H

/* -- publishing -------------------------------------------------------------------------------- */

static enum bw_rc op_audience_add(struct conn *c, const struct audience *a, int64_t *ret_id,
                                  struct bw_err *err)
{
    STMT *st;
    BW_TRY(USE_CHANGE(c, AUDIENCE_ADD, &st, err));
    q_int(st, 1, 1);
    q_bytes(st, 2, bw_view_of(a->hash, HASH_BYTES));
    enum bw_rc rc = q_row(st, err);
    if (rc == BW_OK)
        *ret_id = q_get_int(st, 0);
    q_done(st);
    BW_TRY(rc);
    work_audience(*ret_id, a);
    BW_TRY(USE_CHANGE(c, GRANT_ADD, &st, err));
    for (int i = 0; i < AUDIENCE_CODES && rc == BW_OK; i++) {
        q_int(st, 1, *ret_id);
        q_int(st, 2, a->codes[i]);
        rc = q_post(st, err);
        q_again(st);
    }
    q_done(st);
    return rc;
}

static enum bw_rc op_audience(struct conn *c, const struct audience *a, int64_t *ret_id,
                              struct bw_err *err)
{
    STMT *st;
    BW_TRY(USE_PLAIN(c, AUDIENCE_FIND, &st, err));
    q_bytes(st, 1, bw_view_of(a->hash, HASH_BYTES));
    enum bw_rc rc = q_row(st, err);
    if (rc == BW_OK)
        *ret_id = q_get_int(st, 0);
    q_done(st);
    return rc == BW_NOT_FOUND ? op_audience_add(c, a, ret_id, err) : rc;
}

static enum bw_rc op_item_add(struct conn *c, const struct item *item, int64_t audience,
                              int64_t *ret_id, struct bw_err *err)
{
    STMT *st;
    BW_TRY(USE_QUERY(c, &SYSTEM, ITEM_LAST, &st, err));
    enum bw_rc rc = q_row(st, err);
    int64_t last = rc == BW_OK ? q_get_int(st, 0) : 0;
    q_done(st);
    if (rc != BW_OK && rc != BW_NOT_FOUND)
        return rc;
    BW_TRY(USE_CHANGE(c, ITEM_ADD, &st, err));
    q_int(st, 1, audience);
    for (int i = 2; i <= 6; i++)
        q_int(st, i, i == 4 ? 1 : item->number % 3);
    q_text(st, 7, bw_view_of(item->title, sizeof(item->title)));
    q_text(st, 8, item->body);
    q_text(st, 9, BW_V("4611686018427387905 4611686018427387999"));
    q_int(st, 10, ITEM_INDICATORS);
    q_int(st, 11, last + 1);
    q_text(st, 12, bw_view_of(item->public_id, sizeof(item->public_id)));
    q_int(st, 13, 3);
    q_int(st, 14, 17);
    q_null(st, 15);
    q_int(st, 16, item->number);
    rc = q_row(st, err);
    *ret_id = rc == BW_OK ? q_get_int(st, 0) : 0;
    q_done(st);
    return rc;
}

static enum bw_rc op_indicator(struct conn *c, struct bw_view value, int64_t kind, int64_t *ret_id,
                               struct bw_err *err)
{
    STMT *st;
    BW_TRY(USE_PLAIN(c, INDICATOR_FIND, &st, err));
    q_text(st, 1, value);
    q_int(st, 2, kind);
    enum bw_rc rc = q_row(st, err);
    if (rc == BW_OK)
        *ret_id = q_get_int(st, 0);
    q_done(st);
    if (rc != BW_NOT_FOUND)
        return rc;
    BW_TRY(USE_CHANGE(c, INDICATOR_ADD, &st, err));
    q_int(st, 1, kind);
    q_text(st, 2, value);
    rc = q_row(st, err);
    if (rc == BW_OK)
        *ret_id = q_get_int(st, 0);
    q_done(st);
    return rc;
}

static enum bw_rc op_publish(struct conn *c, const struct item *item, struct bw_err *err)
{
    int64_t audience, id, indicator[ITEM_INDICATORS];
    STMT *st;
    enum bw_rc rc = BW_OK;
    if (item->number == 0)
        return BW_OK;
    BW_TRY(op_audience(c, &item->audience, &audience, err));
    BW_TRY(op_item_add(c, item, audience, &id, err));
    for (int i = 0; i < ITEM_INDICATORS; i++)
        BW_TRY(op_indicator(c, bw_view_of(item->indicators[i].value, item->indicators[i].n),
                            item->indicators[i].kind, &indicator[i], err));
    BW_TRY(USE_CHANGE(c, OCCURRENCE_ADD, &st, err));
    for (int i = 0; i < ITEM_INDICATORS && rc == BW_OK; i++) {
        q_int(st, 1, indicator[i]);
        q_int(st, 2, audience);
        q_int(st, 3, id);
        q_null(st, 4);
        q_int(st, 5, conn_now(c));
        rc = q_post(st, err);
        q_again(st);
    }
    q_done(st);
    BW_TRY(rc);
    return op_event(c, "item.published", bw_view_of(item->public_id, sizeof(item->public_id)),
                    audience, bw_view_of(item->payload, sizeof(item->payload)), err);
}

/* -- importing --------------------------------------------------------------------------------- */

struct import_run {
    STMT *find, *object, *body;
    struct {
        int64_t audience, last_id;
        struct bw_view type;
    } streams[STREAMS_MAX];
    size_t n_streams;
};

static void op_stream_note(struct import_run *r, const struct object *o)
{
    struct bw_view type = bw_view_of(o->type, o->type_n);
    size_t i = 0;
    while (i < r->n_streams &&
           !(r->streams[i].audience == o->audience && bw_view_eq(r->streams[i].type, type)))
        i++;
    BW_ASSERT(i < STREAMS_MAX);
    if (i == r->n_streams)
        r->n_streams++;
    r->streams[i].audience = o->audience;
    r->streams[i].type = type;
    r->streams[i].last_id = o->id;
}

static enum bw_rc op_object(struct import_run *r, const struct object *o, struct bw_err *err)
{
    q_int(r->find, 1, o->key);
    enum bw_rc rc = q_row(r->find, err);
    q_again(r->find);
    if (rc != BW_NOT_FOUND)
        return rc == BW_OK ? bw_fail(err, BW_BROKEN, "an object is there already") : rc;
    q_int(r->object, 1, o->id);
    q_int(r->object, 2, o->audience);
    q_int(r->object, 3, 3);
    q_int(r->object, 4, 0);
    q_int(r->object, 5, 0);
    q_int(r->object, 6, o->key);
    q_int(r->object, 7, o->version_us);
    q_int(r->object, 8, o->content_key);
    q_int(r->object, 9, o->version_us + o->id);
    q_text(r->object, 10, bw_view_of(o->stix_id, o->stix_id_n));
    q_text(r->object, 11, bw_view_of(o->type, o->type_n));
    q_text(r->object, 12, bw_view_of(o->version, 24));
    q_text(r->object, 13, BW_V("2.1"));
    q_null(r->object, 14);
    q_null(r->object, 15);
    q_bytes(r->object, 16, bw_view_of(o->hash, HASH_BYTES));
    BW_TRY(q_run(r->object, err));
    q_again(r->object);
    q_int(r->body, 1, o->id);
    q_int(r->body, 2, o->audience);
    q_bytes(r->body, 3, o->bytes);
    BW_TRY(q_post(r->body, err));
    q_again(r->body);
    op_stream_note(r, o);
    return BW_OK;
}

static enum bw_rc op_objects(struct conn *c, struct import_run *r, const struct batch *b,
                             struct bw_err *err)
{
    enum bw_rc rc = BW_OK;
    BW_TRY(USE_QUERY(c, &SYSTEM, OBJECT_FIND, &r->find, err));
    BW_TRY(USE_CHANGE(c, OBJECT_ADD, &r->object, err));
    BW_TRY(USE_CHANGE(c, BODY_ADD, &r->body, err));
    for (size_t i = 0; i < b->n && rc == BW_OK; i++)
        rc = op_object(r, &b->objects[i], err);
    q_done(r->find);
    q_done(r->object);
    q_done(r->body);
    return rc;
}

static enum bw_rc op_streams(struct conn *c, const struct import_run *r, struct bw_err *err)
{
    STMT *st;
    enum bw_rc rc = BW_OK;
    BW_TRY(USE_CHANGE(c, STREAM_WRITE, &st, err));
    for (size_t i = 0; i < r->n_streams && rc == BW_OK; i++) {
        q_int(st, 1, r->streams[i].audience);
        q_text(st, 2, r->streams[i].type);
        q_int(st, 3, r->streams[i].last_id);
        rc = q_post(st, err);
        q_again(st);
    }
    q_done(st);
    return rc;
}

static enum bw_rc op_import(struct conn *c, const struct batch *b, struct bw_err *err)
{
    struct import_run r;
    STMT *st;
    r.n_streams = 0;
    BW_TRY(USE_PLAIN(c, LAST_READ, &st, err));
    enum bw_rc rc = q_row(st, err);
    int64_t last_us = rc == BW_OK ? q_get_int(st, 0) + q_get_int(st, 1) : 0;
    q_done(st);
    BW_TRY(rc);
    BW_TRY(op_objects(c, &r, b, err));
    BW_TRY(op_streams(c, &r, err));
    BW_TRY(USE_CHANGE(c, LAST_WRITE, &st, err));
    q_int(st, 1, b->objects[b->n - 1].id);
    q_int(st, 2, last_us + 1);
    rc = q_post(st, err);
    q_done(st);
    BW_TRY(rc);
    return op_event(c, "import.taken", BW_V("aaaaaaaaaaaaaaaaaaaaaaaaaa"), 1, BW_V("{}"), err);
}

#endif
