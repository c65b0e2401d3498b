/* SPDX-License-Identifier: Apache-2.0 */
/* member_people_form - what the pages about people share: choices of a form, answers to it. */
#ifndef MEMBER_PEOPLE_FORM_H
#define MEMBER_PEOPLE_FORM_H

#include "member_people.h"
#include "people_view.h"

/* Roles that VIEWER may give in that organisation; CHOSEN is marked. SERVICE: that one too. */
BW_MUST_CHECK enum bw_rc member_form_roles(struct http_req *rq, int64_t organisation_id,
                                           enum role chosen, bool service,
                                           const struct people_option **ret, size_t *ret_n,
                                           struct bw_err *err);
BW_MUST_CHECK enum bw_rc member_form_languages(struct http_req *rq, enum i18n_lang chosen,
                                               const struct people_language **ret, size_t *ret_n,
                                               struct bw_err *err);
/* BW_INVALID: no such role, no such language. */
BW_MUST_CHECK enum bw_rc member_form_read(struct http_req *rq, enum role *ret_role,
                                          enum i18n_lang *ret_lang, struct bw_err *err);
/* What a person did wrong is shown with the form; anything else is the edge's. */
static inline bool member_form_shows(enum bw_rc rc)
{
    return rc == BW_INVALID || rc == BW_CONFLICT || rc == BW_LIMIT;
}
/* False: nothing to say. */
bool member_form_notice(struct http_req *rq, enum i18n_msg *ret);

#endif
