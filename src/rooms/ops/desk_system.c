/* SPDX-License-Identifier: Apache-2.0 */
/* desk_system - the security self-check as a page, worst first. */
#include "desk_int.h"

#include "ops_html.h"

static const struct {
    const char *tag;
    enum i18n_msg msg;
} LEVELS[] = {
    [CHECK_GOOD] = {"tag-good", MSG_desk_level_good},
    [CHECK_NOTE] = {"", MSG_desk_level_note},
    [CHECK_WARN] = {"tag-warn", MSG_desk_level_warn},
    [CHECK_BAD] = {"tag-bad", MSG_desk_level_bad},
};

struct desk_nav desk_nav_of(const struct viewer *v)
{
    return (struct desk_nav){
        .queue = permission_has(v, PERM_QUEUE),
        .decide = permission_has(v, PERM_DECIDE),
        .members = permission_has(v, PERM_MEMBERS),
        .terms = permission_has(v, PERM_AUDIT),
        .staff = permission_has(v, PERM_OWNER),
        .approvals = permission_has(v, PERM_AUDIT),
        .statistics = permission_has(v, PERM_AUDIT),
        .privacy = permission_has(v, PERM_AUDIT),
        .system = permission_has(v, PERM_SYSTEM),
    };
}

static enum bw_rc say(struct http_req *rq, enum i18n_msg msg, const struct check_said *s,
                      struct bw_view *ret, struct bw_err *err)
{
    BW_AUTO_BUF out = BW_BUF_INIT(4096);
    I18N_PUT(&out, req_lang(rq), msg, I18N_NUMBER("n", s->n),
             I18N_TEXT("what", bw_view_z(s->what)));
    BW_TRY(bw_buf_rc(&out, "self-check", err));
    return bw_view_copy(http_arena(rq), bw_buf_text(&out), ret, err);
}

static enum bw_rc show(struct http_req *rq, const struct check_row *row, const struct check_said *s,
                       struct desk_check *ret, struct bw_err *err)
{
    *ret = (struct desk_check){.title = row->title,
                               .name = row->name,
                               .tag = LEVELS[s->level].tag,
                               .level_msg = LEVELS[s->level].msg};
    BW_TRY(say(rq, s->said, s, &ret->said, err));
    return s->level == CHECK_GOOD ? BW_OK : say(rq, s->todo, s, &ret->todo, err);
}

static enum bw_rc fill(struct http_req *rq, const struct check_facts *f, struct desk_system_page *d,
                       struct bw_err *err)
{
    struct desk_check *todo = BW_ARENA_ARRAY(http_arena(rq), check_table_n, struct desk_check);
    struct desk_check *good = BW_ARENA_ARRAY(http_arena(rq), check_table_n, struct desk_check);
    if (!todo || !good)
        return bw_fail_memory(err);
    for (int level = CHECK_BAD; level >= CHECK_GOOD; level--)
        for (size_t i = 0; i < check_table_n; i++) {
            const struct check_said s = check_table[i].judge(f);
            if (s.level != (enum check_level)level)
                continue;
            BW_TRY(show(rq, &check_table[i], &s,
                        level == CHECK_GOOD ? &good[d->good_n++] : &todo[d->todo_n++], err));
            d->bad += level == CHECK_BAD;
            d->warn += level == CHECK_WARN;
            d->note += level == CHECK_NOTE;
        }
    d->todo = todo;
    d->good = good;
    return BW_OK;
}

enum bw_rc desk_system(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct desk_system_page d = {.nav = desk_nav_of(req_viewer(rq))};
    struct check_facts f;
    struct db *db;
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(check_facts_read(req_hub(rq), db, http_is_tls(rq), &f, err));
    d.now_us = f.now_us;
    BW_TRY(fill(rq, &f, &d, err));
    return page_send(rq, rs,
                     &(struct page){.title_msg = MSG_desk_system,
                                    .here = NAV_SYSTEM,
                                    .body = html_desk_system_slot(&d)},
                     err);
}
