/* SPDX-License-Identifier: Apache-2.0 */
/* member_test - a small community in an engine of its own, for the tests of this room and of those
 * that build on it. Header only, like core_test.h: each test program is one file.
 *
 *     struct member_test t;
 *     member_test_open(&t, "items", room_intel.migrations, room_intel.n_migrations);
 *     const struct viewer *bank = member_test_viewer(&t, MT_BANK_REP);
 *     ...
 *     member_test_close(&t);
 *
 * Everybody has MEMBER_TEST_PASSWORD and the second step of t.totp[person],
 * but MT_NEW_REP, who has not enrolled. */
#ifndef MEMBER_TEST_H
#define MEMBER_TEST_H

#include "core_test.h"
#include "member.h"
#include "member_test_table.h"

#define MEMBER_TEST_PASSWORD "three wet harbour stones"

struct member_test {
    struct hub hub; /* db, settings, keyring, data_dir */
    struct settings *settings;
    struct bw_arena *arena; /* of viewers and what tests read; never reset */
    int64_t organisation[MT_ORGANISATIONS], sector[MT_SECTORS], circle[MT_CIRCLES];
    int64_t person[MT_PEOPLE];
    struct bw_id organisation_id[MT_ORGANISATIONS], sector_id[MT_SECTORS], circle_id[MT_CIRCLES];
    struct bw_id person_id[MT_PEOPLE];
    struct crypto_totp totp[MT_PEOPLE];
    char password_hash[CRYPTO_PASSWORD_TEXT_MAX];
};

static enum bw_rc member_test_groups_(struct db_tx *tx, struct member_test *t, struct bw_err *err)
{
    for (int i = 0; i < MT_SECTORS + MT_CIRCLES; i++) {
        bool sector = i < MT_SECTORS;
        int at = sector ? i : i - MT_SECTORS;
        const char *const *z = MEMBER_TEST_GROUPS[i];
        const struct member_names names = {{bw_view_z(z[0]), bw_view_z(z[1]), bw_view_z(z[2])}};
        BW_TRY(member_group_add(tx, 0, sector ? GRANT_SECTOR : GRANT_CIRCLE, &names,
                                sector ? &t->sector[at] : &t->circle[at],
                                sector ? &t->sector_id[at] : &t->circle_id[at], err));
    }
    return BW_OK;
}

static enum bw_rc member_test_organisations_(struct db_tx *tx, struct member_test *t,
                                             struct bw_err *err)
{
    for (int i = 0; i < MT_ORGANISATIONS; i++) {
        const char *z[] = {MEMBER_TEST_ORGANISATIONS[i].en, MEMBER_TEST_ORGANISATIONS[i].hant,
                           MEMBER_TEST_ORGANISATIONS[i].hans};
        int sector = MEMBER_TEST_ORGANISATIONS[i].sector;
        const struct member_organisation_in in = {.names = {{bw_view_z(z[0]), bw_view_z(z[1]),
                                                             bw_view_z(z[2])}},
                                                  .class_ = MEMBER_TEST_ORGANISATIONS[i].class_,
                                                  .domain = bw_view_z(
                                                      MEMBER_TEST_ORGANISATIONS[i].domain),
                                                  .sectors = sector < 0 ? NULL : &t->sector[sector],
                                                  .n_sectors = sector >= 0};
        BW_TRY(
            member_organisation_add(tx, 0, &in, &t->organisation[i], &t->organisation_id[i], err));
        for (int c = 0; c < MT_CIRCLES; c++)
            if (MEMBER_TEST_ORGANISATIONS[i].circles >> c & 1)
                BW_TRY(member_circle_join(tx, 0, t->circle[c], t->organisation[i], err));
    }
    return BW_OK;
}

static enum bw_rc member_test_fill_(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct member_test *t = arg;
    BW_TRY(member_test_groups_(tx, t, err));
    BW_TRY(member_test_organisations_(tx, t, err));
    for (int i = 0; i < MT_PEOPLE; i++) {
        const struct member_person_in in = {.organisation_id =
                                                t->organisation[MEMBER_TEST_PEOPLE[i].organisation],
                                            .name = bw_view_z(MEMBER_TEST_PEOPLE[i].name),
                                            .email = bw_view_z(MEMBER_TEST_PEOPLE[i].email),
                                            .lang = MEMBER_TEST_PEOPLE[i].lang,
                                            .role = MEMBER_TEST_PEOPLE[i].role,
                                            .password_hash = bw_view_z(t->password_hash),
                                            .totp = i == MT_NEW_REP ? NULL : &t->totp[i]};
        BW_TRY(member_person_add(tx, t->hub.keyring, 0, &in, &t->person[i], &t->person_id[i], err));
    }
    return member_organisation_state(tx, 0, t->organisation[MT_SUSPENDED], MEMBER_SUSPENDED, err);
}

/* Asserts that everything works. MORE: migrations of the rooms above member. */
__attribute__((unused)) static void member_test_open(struct member_test *t, const char *name,
                                                     const struct db_migration *more, size_t n_more)
{
    struct db_migration list[32];
    char path[160];
    struct bw_err err = {0};
    size_t n = 0;
    BW_ASSERT(room_member.n_migrations + n_more <= BW_COUNT(list));
    for (size_t i = 0; i < room_member.n_migrations; i++)
        list[n++] = room_member.migrations[i];
    for (size_t i = 0; i < n_more; i++)
        list[n++] = more[i];
    *t = (struct member_test){.settings = settings_new(), .arena = bw_arena_new(64u << 20)};
    BW_ASSERT(t->settings && t->arena);
    BW_ASSERT(settings_set(t->settings, BW_V("password_memory"), BW_V("8"), &err) == BW_OK);
    BW_ASSERT(settings_set(t->settings, BW_V("password_passes"), BW_V("1"), &err) == BW_OK);
    t->hub.db = core_test_engine(name, list, n);
    t->hub.settings = t->settings;
    t->hub.data_dir = core_test_dir();
    t->hub.url = BW_V("http://127.0.0.1:8080");
    snprintf(path, sizeof(path), "%s/seal.key", core_test_dir());
    BW_ASSERT(crypto_keyring_load(path, &t->hub.keyring, &err) == BW_OK);
    BW_ASSERT(crypto_password_hash(BW_V(MEMBER_TEST_PASSWORD), CRYPTO_PASSWORD_COST_TEST,
                                   t->password_hash, &err) == BW_OK);
    for (int i = 0; i < MT_PEOPLE; i++)
        crypto_totp_new(&t->totp[i]);
    enum bw_rc rc = db_write(t->hub.db, member_test_fill_, t, &err);
    if (rc != BW_OK)
        printf("# community: %s (%s)\n", err.message, err.detail);
    BW_ASSERT(rc == BW_OK);
}

__attribute__((unused)) static void member_test_close(struct member_test *t)
{
    db_engine_close(t->hub.db);
    crypto_keyring_free(t->hub.keyring);
    settings_free(t->settings);
    bw_arena_free(t->arena);
    *t = (struct member_test){.arena = NULL};
}

/* As a session of that person would read now; MT_PEOPLE: nobody, the public. Call it while no
 * snapshot is open; ask again after holdings have changed. */
__attribute__((unused)) static const struct viewer *member_test_viewer(struct member_test *t,
                                                                       enum member_test_person p)
{
    BW_AUTO(db) *db = NULL;
    struct viewer *v = NULL;
    struct bw_err err;
    if (p == MT_PEOPLE)
        return viewer_public();
    BW_ASSERT(db_open(t->hub.db, &db, &err) == BW_OK);
    BW_ASSERT(viewer_load(db, t->person[p], t->organisation[MEMBER_TEST_PEOPLE[p].organisation],
                          MEMBER_TEST_PEOPLE[p].role, t->arena, &v, &err) == BW_OK);
    return v;
}

struct member_test_audience_ {
    enum tlp tlp;
    const struct grant *grants;
    size_t n;
    int64_t id;
};
static enum bw_rc member_test_intern_(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct member_test_audience_ *a = arg;
    return audience_intern(tx, a->tlp, a->grants, a->n, &a->id, err);
}
/* Key of the audience; asserts that the label allows it. */
__attribute__((unused)) static int64_t member_test_audience(struct member_test *t, enum tlp tlp,
                                                            const struct grant *grants, size_t n)
{
    struct member_test_audience_ a = {tlp, grants, n, 0};
    struct bw_err err;
    BW_ASSERT(db_write(t->hub.db, member_test_intern_, &a, &err) == BW_OK);
    return a.id;
}

#endif
