/* SPDX-License-Identifier: Apache-2.0 */
/* db_ops - the operations of db_work, written once and compiled into each side; here those that
 * read, and the ledger's. Publishing and importing are in db_ops_write.h.
 *
 * A side defines before it includes this, as static inline functions that do nothing but call its
 * interface:
 *
 *     struct conn                     a session that is open, or the write transaction
 *     STMT                            a statement's type
 *     USE_QUERY(conn, viewer, NAME, ret, err), USE_PLAIN(conn, NAME, ret, err),
 *     USE_CHANGE(conn, NAME, ret, err)   the statement SQL_NAME, ready for its values
 *     q_int, q_text, q_bytes, q_null     bind; q_row, q_run, q_again, q_done
 *     q_post                             run, nothing is wanted back: see db_post
 *     q_get_int, q_get                   a column
 *     conn_now(conn)                     the transaction's time
 *
 * Every column of every row is read: numbers are added up, of texts and bytes the length and both
 * ends. */
#ifndef DB_OPS_H
#define DB_OPS_H

static inline void touch(uint64_t *sum, struct bw_view v)
{
    *sum += v.n;
    if (v.n)
        *sum += (unsigned char)v.p[0] + 256U * (unsigned char)v.p[v.n - 1];
}

/* -- reading ----------------------------------------------------------------------------------- */

static enum bw_rc op_point(struct conn *c, struct work *w, uint64_t seed, struct bw_err *err)
{
    static const char text_columns[19] = {[1] = 1, [2] = 1, [11] = 1, [12] = 1, [18] = 1};
    STMT *st;
    uint64_t sum = 0;
    BW_TRY(USE_QUERY(c, &MEMBER, POINT, &st, err));
    q_int(st, 1, 1 + (int64_t)(work_mix(seed) % (uint64_t)w->items));
    enum bw_rc rc = q_row(st, err);
    for (int i = 0; rc == BW_OK && i < 19; i++) {
        if (text_columns[i])
            touch(&sum, q_get(st, i));
        else
            sum += (uint64_t)q_get_int(st, i);
    }
    w->sum += sum;
    q_done(st);
    return rc == BW_NOT_FOUND ? BW_OK : rc;
}

static enum bw_rc op_page(struct conn *c, struct work *w, uint64_t seed, struct bw_err *err)
{
    static const char text_columns[12] = {[1] = 1, [2] = 1, [3] = 1, [6] = 1, [10] = 1, [11] = 1};
    STMT *st;
    enum bw_rc rc;
    uint64_t sum = 0;
    BW_TRY(USE_QUERY(c, &MEMBER, PAGE, &st, err));
    q_int(st, 1, (int64_t)(work_mix(seed) % (uint64_t)(w->objects - 4 * PAGE_OBJECTS)));
    q_int(st, 2, PAGE_OBJECTS);
    while ((rc = q_row(st, err)) == BW_OK)
        for (int i = 0; i < 12; i++) {
            if (text_columns[i])
                touch(&sum, q_get(st, i));
            else
                sum += (uint64_t)q_get_int(st, i);
        }
    w->sum += sum;
    q_done(st);
    return rc == BW_NOT_FOUND ? BW_OK : rc;
}

/* -- the ledger -------------------------------------------------------------------------------- */

static enum bw_rc op_event(struct conn *c, const char *verb, struct bw_view object,
                           int64_t audience, struct bw_view payload, struct bw_err *err)
{
    STMT *st;
    char commits[3][HASH_BYTES];
    memset(commits, 7 + (int)(audience & 63), sizeof(commits));
    BW_TRY(USE_CHANGE(c, EVENT_ADD, &st, err));
    q_text(st, 1, bw_view_z(verb));
    q_text(st, 2, object);
    q_int(st, 3, conn_now(c));
    for (int i = 0; i < 3; i++)
        q_bytes(st, 4 + i, bw_view_of(commits[i], HASH_BYTES));
    enum bw_rc rc = q_row(st, err);
    int64_t id = rc == BW_OK ? q_get_int(st, 0) : 0;
    q_done(st);
    BW_TRY(rc);
    BW_TRY(USE_CHANGE(c, OPENING_ADD, &st, err));
    q_int(st, 1, id);
    q_bytes(st, 2, bw_view_of(commits[0], 16));
    q_int(st, 3, 17);
    q_int(st, 4, audience);
    q_bytes(st, 5, payload);
    rc = q_post(st, err);
    q_done(st);
    return rc;
}

static enum bw_rc op_state(struct conn *c, int64_t *ret_size, struct bw_err *err)
{
    STMT *st;
    uint64_t sum = 0;
    BW_TRY(USE_PLAIN(c, STATE_READ, &st, err));
    enum bw_rc rc = q_row(st, err);
    *ret_size = rc == BW_OK ? q_get_int(st, 0) : 0;
    if (rc == BW_OK)
        touch(&sum, q_get(st, 2));
    q_done(st);
    return rc == BW_NOT_FOUND ? BW_OK : rc;
}

static enum bw_rc op_state_write(struct conn *c, int64_t size, struct bw_err *err)
{
    STMT *st;
    char peaks[12 * HASH_BYTES];
    memset(peaks, (int)(size & 127), sizeof(peaks));
    BW_TRY(USE_CHANGE(c, STATE_WRITE, &st, err));
    q_int(st, 1, size);
    q_int(st, 2, conn_now(c));
    q_bytes(st, 3, bw_view_of(peaks, sizeof(peaks)));
    enum bw_rc rc = q_post(st, err);
    q_done(st);
    return rc;
}

/* Gives the event that ST stands on its place. A leaf is mixed and not hashed; SHA-256 is no part
 * of this comparison. */
static enum bw_rc op_place(struct conn *c, STMT *st, STMT *place, int64_t *size, struct bw_err *err)
{
    char leaf[HASH_BYTES];
    uint64_t sum = 0;
    if (*size < 0)
        BW_TRY(op_state(c, size, err));
    for (int i = 1; i <= 6; i++)
        if (i != 3)
            touch(&sum, q_get(st, i));
    memset(leaf, (int)(sum & 127), sizeof(leaf));
    q_int(place, 1, *size);
    q_int(place, 2, conn_now(c) + q_get_int(st, 3) % 2);
    q_bytes(place, 3, bw_view_of(leaf, sizeof(leaf)));
    q_int(place, 4, q_get_int(st, 0));
    BW_TRY(q_post(place, err));
    q_again(place);
    ++*size;
    return BW_OK;
}

/* What the ledger does before each commit: every new event gets its place. */
static enum bw_rc op_sequence(struct conn *c, struct bw_err *err)
{
    enum { AT_ONCE = 256 };
    STMT *st, *place;
    int64_t size = -1;
    BW_TRY(USE_PLAIN(c, EVENT_NEW, &st, err));
    enum bw_rc rc = USE_CHANGE(c, EVENT_PLACE, &place, err);
    if (rc != BW_OK) {
        q_done(st);
        return rc;
    }
    for (int n = AT_ONCE; n == AT_ONCE && rc == BW_OK; q_again(st)) {
        n = 0;
        while (rc == BW_OK && (rc = q_row(st, err)) == BW_OK) {
            rc = op_place(c, st, place, &size, err);
            n++;
        }
        rc = rc == BW_NOT_FOUND ? BW_OK : rc;
    }
    q_done(place);
    q_done(st);
    BW_TRY(rc);
    return size < 0 ? BW_OK : op_state_write(c, size, err);
}

#endif
