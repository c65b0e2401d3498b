/* SPDX-License-Identifier: Apache-2.0 */
/* circle_link - how the archive is taken: by an administrator at any time, and by the link that an
 * ended member's last administrator is mailed.
 *
 * The link's token is sealed and says which organisation and until when; it dies with that time,
 * after CIRCLE_EXPORT_DOWNLOADS downloads, and where the organisation is a member. It opens the
 * archive and nothing else. Opening the link shows a form: mail scanners open links. */
#include "circle_export.h"

#include "bw_clock.h"
#include "bw_fault.h"
#include "crypto_text.h"

#include "circle_html.h"

#include <endian.h>
#include <sys/mman.h>

enum { PLAIN_BYTES = 16 };
#define PURPOSE BW_V("circle/export")

static enum bw_rc stale(struct bw_err *err)
{
    return bw_fail(err, BW_NOT_FOUND, "this link was used up or has expired");
}

struct right {
    int64_t organisation_id, until_us, downloads, state;
    struct member_organisation o;
};

static enum bw_rc read_right(struct db *db, int64_t organisation_id, struct bw_arena *arena,
                             struct right *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_plain(db,
                    "SELECT until_us, downloads FROM organisation_export"
                    " WHERE organisation_id = ?1",
                    &st, err));
    db_bind_int(st, 1, organisation_id);
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_NOT_FOUND)
        return stale(err);
    BW_TRY(rc);
    ret->organisation_id = organisation_id;
    ret->until_us = db_int(st, 0);
    ret->downloads = db_int(st, 1);
    return member_organisation_get(db, viewer_system("an ended member takes its data along"),
                                   organisation_id, arena, &ret->o, err);
}

enum bw_rc circle_export_token(struct db *db, const struct crypto_keyring *keyring,
                               int64_t organisation_id, struct bw_arena *arena, struct bw_view *ret,
                               int64_t *ret_until_us, struct bw_err *err)
{
    BW_AUTO_BUF sealed = BW_BUF_INIT(CIRCLE_TOKEN_MAX);
    BW_AUTO_BUF text = BW_BUF_INIT(CIRCLE_TOKEN_MAX);
    char plain[PLAIN_BYTES];
    struct right r;
    BW_TRY(read_right(db, organisation_id, arena, &r, err));
    uint64_t id = htobe64((uint64_t)organisation_id), until = htobe64((uint64_t)r.until_us);
    memcpy(plain, &id, 8);
    memcpy(plain + 8, &until, 8);
    BW_TRY(crypto_seal(keyring, bw_view_of(plain, sizeof(plain)), PURPOSE, &sealed, err));
    crypto_base64(bw_buf_text(&sealed), CRYPTO_BASE64_URL, &text);
    BW_TRY(bw_buf_rc(&text, "link", err));
    *ret_until_us = r.until_us;
    return bw_view_copy(arena, bw_buf_text(&text), ret, err);
}

/* Every way in which a link may be wrong has the same answer. */
static enum bw_rc open_token(struct http_req *rq, struct right *ret, struct bw_err *err)
{
    BW_AUTO_BUF sealed = BW_BUF_INIT(CIRCLE_TOKEN_MAX);
    BW_AUTO_BUF plain = BW_BUF_INIT(CIRCLE_TOKEN_MAX);
    struct bw_err ignored;
    uint64_t id, until;
    struct db *db;
    if (!crypto_unbase64(http_text(rq, "t"), CRYPTO_BASE64_URL, &sealed) ||
        crypto_open(req_hub(rq)->keyring, bw_buf_text(&sealed), PURPOSE, &plain, &ignored) !=
            BW_OK ||
        plain.n != PLAIN_BYTES)
        return stale(err);
    memcpy(&id, plain.p, 8);
    memcpy(&until, plain.p + 8, 8);
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(read_right(db, (int64_t)be64toh(id), http_arena(rq), ret, err));
    if (ret->until_us != (int64_t)be64toh(until) || bw_now_us() >= ret->until_us ||
        ret->downloads >= CIRCLE_EXPORT_DOWNLOADS || ret->o.state != MEMBER_LEFT)
        return stale(err);
    return BW_OK;
}

CIRCLE_HANDLER(circle_link_page)
{
    struct right r;
    BW_TRY(open_token(rq, &r, err));
    BW_TRY(req_browser_bind(rq, rs, err));
    const struct circle_export_view v = {.token = http_text(rq, "t"),
                                         .organisation = member_name(&r.o.names, req_lang(rq)),
                                         .until_us = r.until_us};
    return page_send(rq, rs,
                     &(struct page){.title_msg = MSG_circle_export,
                                    .slim = true,
                                    .body = html_circle_export_slot(&v)},
                     err);
}

/* -- sending ----------------------------------------------------------------------------------- */

struct mapped {
    void *p;
    size_t n;
};
static void unmap(void *arg)
{
    struct mapped *m = arg;
    munmap(m->p, m->n);
    free(m);
}

static enum bw_rc send(struct http_req *rq, struct http_resp *rs, const struct viewer *viewer,
                       int64_t organisation_id, struct bw_err *err)
{
    struct bw_view bytes;
    struct db *db;
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(circle_export_make(db, viewer, organisation_id, req_hub(rq)->data_dir, &bytes, err));
    struct mapped *m = bw_calloc(1, sizeof(*m));
    if (!m) {
        munmap((void *)(uintptr_t)bytes.p, bytes.n);
        return bw_fail_memory(err);
    }
    *m = (struct mapped){(void *)(uintptr_t)bytes.p, bytes.n};
    http_type(rs, "application/x-tar");
    http_set(rs, "Content-Disposition", BW_V("attachment; filename=\"organisation.tar\""));
    http_bytes_own(rs, bytes, unmap, m);
    return BW_OK;
}

struct taken {
    int64_t organisation_id, actor_id;
    struct bw_view public_id;
    bool counted;
};
static enum bw_rc run_taken(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct taken *t = arg;
    const struct grant staff = {GRANT_ROLE, ROLE_STAFF};
    BW_AUTO(db_stmt) *st = NULL;
    int64_t audience_id;
    if (t->counted) {
        BW_TRY(db_change(tx,
                         "UPDATE organisation_export SET downloads = downloads + 1"
                         " WHERE organisation_id = ?1 AND downloads < ?2",
                         &st, err));
        db_bind_int(st, 1, t->organisation_id);
        db_bind_int(st, 2, CIRCLE_EXPORT_DOWNLOADS);
        BW_TRY(db_run(st, err));
        if (db_changes(st) == 0)
            return stale(err);
    }
    BW_TRY(audience_intern(tx, TLP_AMBER, &staff, 1, &audience_id, err));
    return circle_append(tx, LEDGER_DATA_EXPORTED, t->actor_id, t->public_id, audience_id, NULL, 0,
                         err);
}

/* What any of its people saw: public, of all members, of the organisation. */
CIRCLE_HANDLER(circle_link_post)
{
    struct right r;
    BW_TRY(open_token(rq, &r, err));
    int64_t codes[] = {grant_code((struct grant){GRANT_PUBLIC, 0}),
                       grant_code((struct grant){GRANT_EVERYBODY, 0}),
                       grant_code((struct grant){GRANT_ORGANISATION, r.organisation_id})};
    const struct viewer viewer = {.role = ROLE_REPRESENTATIVE,
                                  .organisation_id = r.organisation_id,
                                  .scopes = SCOPE_READ,
                                  .codes = codes,
                                  .n_codes = BW_COUNT(codes)};
    struct taken t = {r.organisation_id, 0, r.o.public_id, true};
    BW_TRY(req_write(rq, run_taken, &t, err));
    return send(rq, rs, &viewer, r.organisation_id, err);
}

CIRCLE_HANDLER(circle_export_get)
{
    const struct viewer *viewer = req_viewer(rq);
    struct member_organisation o;
    struct db *db;
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(member_organisation_get(db, viewer, viewer->organisation_id, http_arena(rq), &o, err));
    return send(rq, rs, viewer, o.id, err);
}
