/* SPDX-License-Identifier: Apache-2.0 */
/* join_make - what an application becomes: the organisation with its standing, its people with
 * their roles. Their invitations follow the ledger (room notify). */
#include "join_int.h"

static enum bw_rc name_free(struct db *db, struct bw_view name, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db, viewer_system("joining: a name that is taken is said before the decision"),
                    "SELECT 1 FROM v_organisation WHERE name_en = ?1", &st, err));
    db_bind_text(st, 1, bw_view_trim(name));
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_OK)
        return bw_fail(err, BW_CONFLICT, "a member is called \"%.*s\" already",
                       BW_VF(bw_utf8_head(name, 100)));
    return rc == BW_NOT_FOUND ? BW_OK : rc;
}

static enum bw_rc address_free(struct db *db, struct bw_view email, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db, viewer_system("joining: an address that is taken is said beforehand"),
                    "SELECT 1 FROM v_person WHERE email = ?1", &st, err));
    db_bind_text(st, 1, email);
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_OK)
        return bw_fail(err, BW_CONFLICT,
                       "somebody with the address %.*s is a representative already",
                       BW_VF(bw_view_head(email, 100)));
    return rc == BW_NOT_FOUND ? BW_OK : rc;
}

enum bw_rc join_free(struct db *db, const struct join_application *a, struct bw_err *err)
{
    BW_TRY(name_free(db, a->names.text[I18N_EN], err));
    for (size_t i = 0; i < a->people_n; i++)
        if (a->people[i].kind == JOIN_REPRESENTATIVE)
            BW_TRY(address_free(db, a->people[i].email, err));
    return BW_OK;
}

/* Keys of the sectors that are still there. */
static enum bw_rc read_sectors(struct db *db, struct bw_view words, int64_t keys[JOIN_SECTORS_MAX],
                               size_t *ret_n, struct bw_err *err)
{
    const struct viewer *system = viewer_system("joining: the sectors of a new member");
    size_t n = 0;
    while (words.p && n < JOIN_SECTORS_MAX) {
        struct bw_view word = bw_view_split(&words, ' ');
        if (word.n == 0)
            continue;
        enum bw_rc rc = member_resolve(db, system, GRANT_SECTOR, word, &keys[n], err);
        if (rc == BW_OK)
            n++;
        else if (rc != BW_NOT_FOUND)
            return rc;
    }
    *ret_n = n;
    return BW_OK;
}

static enum bw_rc add_people(struct db_tx *tx, const struct hub *hub,
                             const struct join_application *a, int64_t organisation_id,
                             int64_t actor_id, struct bw_err *err)
{
    const struct grant signs = {GRANT_DUTY, DUTY_SIGNATORY};
    for (size_t i = 0; i < a->people_n; i++) {
        const struct join_person *p = &a->people[i];
        struct bw_id public_id;
        int64_t id;
        if (p->kind != JOIN_REPRESENTATIVE)
            continue;
        const struct member_person_in in = {.organisation_id = organisation_id,
                                            .name = p->name,
                                            .email = p->email,
                                            .lang = a->lang,
                                            .role = p->role};
        BW_TRY(member_person_add(tx, hub->keyring, actor_id, &in, &id, &public_id, err));
        if (p->signatory)
            BW_TRY(holding_give(tx, HOLDER_PERSON, id, signs, err));
    }
    return BW_OK;
}

enum bw_rc join_make(struct db_tx *tx, const struct hub *hub, struct join_application *a,
                     int64_t actor_id, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    int64_t sectors[JOIN_SECTORS_MAX];
    size_t n_sectors = 0;
    struct bw_id public_id;
    BW_ASSERT(a->state == JOIN_ACTIVE);
    BW_TRY(join_free(db_tx_db(tx), a, err));
    BW_TRY(read_sectors(db_tx_db(tx), a->sectors, sectors, &n_sectors, err));
    const struct member_organisation_in in = {.names = a->names,
                                              .class_ = a->class_,
                                              .domain = a->domain,
                                              .sectors = sectors,
                                              .n_sectors = n_sectors};
    BW_TRY(member_organisation_add(tx, actor_id, &in, &a->organisation_id, &public_id, err));
    bool trusted = a->route == JOIN_TRUSTED || a->route == JOIN_FOUNDING;
    BW_TRY(
        member_trust_set(tx, actor_id, a->organisation_id,
                         &(struct member_trust){.standing = trusted ? MEMBER_TRUSTED : MEMBER_OPEN,
                                                .company_group = a->company_group,
                                                .sponsor_id = a->sponsor_id},
                         err));
    BW_TRY(add_people(tx, hub, a, a->organisation_id, actor_id, err));
    BW_TRY(db_change(tx, "UPDATE application SET organisation_id = ?2 WHERE id = ?1", &st, err));
    db_bind_int(st, 1, a->id);
    db_bind_int(st, 2, a->organisation_id);
    return db_run(st, err);
}
