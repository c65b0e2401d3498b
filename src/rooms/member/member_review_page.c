/* SPDX-License-Identifier: Apache-2.0 */
/* member_review_page - the yearly list, one form: "is still here" or "has left" for each; what is
 * not answered stays for later. */
#include "member_people_form.h"

#include "page.h"

#include "member_html.h"

static enum bw_rc show(struct http_req *rq, struct http_resp *rs, bool done, struct bw_err *err)
{
    struct people_review_view v = {.done = done,
                                   .desk = permission_has(req_viewer(rq), PERM_MEMBERS)};
    struct member_review_line *lines;
    struct db *db;
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(member_review_read(db, req_viewer(rq), http_arena(rq), &lines, &v.rows_n, &v.left,
                              &v.due_us, err));
    struct people_review_row *rows =
        BW_ARENA_ARRAY(http_arena(rq), v.rows_n, struct people_review_row);
    if (!rows)
        return bw_fail_memory(err);
    for (size_t i = 0; i < v.rows_n; i++)
        rows[i] = (struct people_review_row){lines[i].public_id,
                                             lines[i].name,
                                             lines[i].email,
                                             member_name(&lines[i].organisation, req_lang(rq)),
                                             member_role_msg(lines[i].role),
                                             lines[i].seen_us};
    v.rows = rows;
    return page_send(rq, rs,
                     &(struct page){.title_msg = MSG_people_review_title,
                                    .here = v.desk ? NAV_QUEUE : NAV_ORGANISATION,
                                    .body = html_people_review_slot(&v)},
                     err);
}

enum bw_rc member_review_page(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    return show(rq, rs, bw_view_is(http_text(rq, "done"), "answered"), err);
}

struct answers {
    const struct viewer *viewer;
    struct bw_view here[PAGE_ROWS], left[PAGE_ROWS];
    size_t here_n, left_n;
};

static enum bw_rc write_answers(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct answers *a = arg;
    for (size_t i = 0; i < a->here_n; i++)
        BW_TRY(member_review_answer(tx, a->viewer, a->here[i], true, err));
    for (size_t i = 0; i < a->left_n; i++)
        BW_TRY(member_review_answer(tx, a->viewer, a->left[i], false, err));
    return BW_OK;
}

enum bw_rc member_review_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct answers *a = BW_ARENA_NEW(http_arena(rq), struct answers);
    struct bw_view one;
    if (!a)
        return bw_fail_memory(err);
    a->viewer = req_viewer(rq);
    /* "here:ID" or "left:ID": one name per row would be a parameter that no route declares. */
    for (size_t i = 0; http_many(rq, "answer", i, &one); i++) {
        if (one.n == 0) /* later */
            continue;
        struct bw_view id = one;
        struct bw_view word = bw_view_split(&id, ':');
        if (!bw_id_valid(id) || a->here_n + a->left_n >= PAGE_ROWS)
            return bw_fail(err, BW_INVALID, "an answer is not one: load the page again");
        if (bw_view_is(word, "here"))
            a->here[a->here_n++] = id;
        else if (bw_view_is(word, "left"))
            a->left[a->left_n++] = id;
        else
            return bw_fail(err, BW_INVALID, "an answer is \"here\" or \"left\"");
    }
    BW_TRY(req_write(rq, write_answers, a, err));
    page_to(rq, rs, "people/review?done=answered");
    return BW_OK;
}
