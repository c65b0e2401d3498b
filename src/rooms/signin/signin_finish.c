/* SPDX-License-Identifier: Apache-2.0 */
/* signin_finish - both steps were right: a session and a remembered browser, or the page that says
 * that the organisation is suspended. */
#include "signin_device.h"
#include "signin_form.h"
#include "signin_view.h"

#include "signin_html.h"

static enum bw_rc suspended_page(struct http_req *rq, struct http_resp *rs,
                                 struct signin_accept *accept, struct bw_err *err)
{
    const struct member_names *names = &accept->person->organisation;
    BW_TRY(req_write(rq, signin_accept, accept, err));
    const struct signin_suspended_view v = {.organisation = member_name(names, req_lang(rq)),
                                            .home = signin_link(rq, "")};
    http_status(rs, SIGNIN_DENIED);
    return signin_send(rq, rs, MSG_signin_suspended_title, false, true,
                       html_signin_suspended_slot(&v), err);
}

static enum bw_rc start_session(struct http_req *rq, struct http_resp *rs, struct signin_accept *a,
                                struct signin_device *device, struct bw_err *err)
{
    const struct req_sign_in in = {
        .person_id = a->person->id,
        .organisation_id = a->person->organisation_id,
        .role = a->person->role,
        .display = a->person->name,
        .device = device->agent,
        .also = signin_accept,
        .then = signin_arrived,
        .also_arg = a,
    };
    device->first = a->enrol != NULL;
    a->device = device;
    BW_TRY(req_session_start(rq, rs, &in, err));
    signin_device_cookie(rq, rs, device);
    return BW_OK;
}

enum bw_rc signin_finish(struct http_req *rq, struct http_resp *rs, struct signin_accept *a,
                         struct bw_view next, struct bw_err *err)
{
    struct signin_device device;
    a->keyring = req_hub(rq)->keyring;
    a->suspended = a->person->organisation_state != MEMBER_ACTIVE;
    if (a->suspended)
        return suspended_page(rq, rs, a, err);
    signin_device_read(rq, &device);
    enum bw_rc rc = start_session(rq, rs, a, &device, err);
    signin_device_done(&device);
    a->device = NULL;
    BW_TRY(rc);
    signin_go_on(rq, rs, a->person->role, next);
    return BW_OK;
}

enum bw_rc signin_self(struct http_req *rq, struct signin_person *ret, struct bw_err *err)
{
    struct db *db;
    BW_TRY(req_db(rq, &db, err));
    enum bw_rc rc = signin_by_id(db, req_viewer(rq)->person_id, http_arena(rq), ret, err);
    return rc == BW_NOT_FOUND ? bw_fail(err, BW_UNSIGNED, "sign in") : rc;
}
