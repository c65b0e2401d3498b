/* SPDX-License-Identifier: Apache-2.0 */
/* terms_page - handlers, and what the room's templates print. */
#ifndef TERMS_PAGE_H
#define TERMS_PAGE_H

#include "page.h"
#include "terms_int.h"

struct terms_line_view {
    bool added, removed;
    int64_t skipped;
    struct bw_view text;
};
struct terms_version_view {
    int64_t number, effective_us;
    enum i18n_msg state_msg;
    bool here;
};
struct terms_acceptance_view {
    struct bw_view public_id, person;
    int64_t number, at_us;
    bool sign;
};
struct terms_form_view { /* accepting or signing what is shown */
    int64_t number;
    struct bw_view hash, organisation;
    bool bad;
};
struct terms_page_view {
    bool none, signed_in, desk, done, failed;
    enum i18n_msg done_msg, error_msg;
    const char *error_field;
    struct bw_view error_who; /* the other signatory; may be empty */
    int64_t number, effective_us;
    enum i18n_msg state_msg;
    bool in_force, announced, old;
    struct bw_view hash, body, body_lang; /* body_lang: empty where it is the page's */
    bool untranslated;
    bool bound, limited, expired; /* bound: has to accept or cannot share */
    bool may_accept, accepted, may_sign, signed_, needs_signatory, own_admin;
    int64_t accepted_us, signed_us;
    struct bw_view acceptance, signature, signed_by; /* signature: only for who may see it */
    struct terms_form_view form;
    int64_t from; /* the version that the differences are to; 0: none */
    bool from_accepted;
    const struct terms_line_view *lines;
    size_t lines_n;
    const struct terms_version_view *versions;
    size_t versions_n;
    const struct terms_acceptance_view *mine;
    size_t mine_n;
};

struct terms_acceptance_page {
    struct terms_acceptance_view a;
    struct bw_view organisation, hash, lang_name, body, body_lang;
    int64_t effective_us;
};

struct terms_person_view {
    struct bw_view public_id, name, email, acceptance;
    enum i18n_msg role_msg;
    int64_t accepted_us;
    bool signatory;
};
struct terms_own_view { /* of one's own organisation, or for the desk */
    struct bw_view name, organisation_id;
    bool desk, may, done, failed, bad_reason, bad_date, bad_person, operating;
    enum i18n_msg done_msg, error_msg;
    const char *error_field;
    int64_t number; /* 0: no terms */
    const struct terms_person_view *people;
    size_t people_n, signatories;
    struct bw_view signed_by, signature, reason, day; /* reason, day: as typed */
    int64_t signed_us, valid_until_us;
    bool ended;
    struct bw_view valid_reason;
};

struct terms_organisation_view {
    struct bw_view public_id, name, signed_by;
    int64_t people, accepted, signed_us, valid_until_us;
    bool ended, complete;
};
struct terms_desk_view {
    bool may, done, failed;
    enum i18n_msg done_msg;
    struct bw_view problem; /* what was refused, in English */
    const struct terms_version_view *versions;
    size_t versions_n;
    bool draft, proposed, may_announce; /* a draft waits; is proposed; this person may confirm */
    struct terms_version_view open;
    struct bw_view open_hash, proposed_by;
    int64_t number; /* what has to be accepted now; 0: no terms */
    int64_t people, accepted, organisations, signed_;
    const struct terms_organisation_view *rows;
    size_t rows_n;
    bool first;
    struct bw_view next;
};
struct terms_draft_view {
    bool failed, proposed;
    struct bw_view problem, day, text_en, text_hant, text_hans;
    int64_t number, days;
};

/* terms_page.c */
enum bw_rc terms_get(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc terms_accept_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc terms_sign_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
/* terms_fill.c: everything on the page of one version; NUMBER 0: the one that concerns the viewer.
 */
BW_MUST_CHECK enum bw_rc terms_fill(struct http_req *rq, int64_t number, struct terms_page_view *d,
                                    struct bw_err *err);
enum i18n_msg terms_state_msg(enum terms_state state);
struct terms_version_view terms_version_view(const struct terms_version *v);
/* HTML language of a text where it is not the page's. */
struct bw_view terms_lang(struct http_req *rq, enum i18n_lang lang);
BW_MUST_CHECK enum bw_rc terms_hash_copy(struct bw_arena *arena, const struct crypto_digest *d,
                                         struct bw_view *ret, struct bw_err *err);
/* terms_paper.c */
enum bw_rc terms_pdf(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc terms_acceptance_show(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc terms_acceptance_pdf(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
/* terms_own.c */
enum bw_rc terms_own_get(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc terms_own_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc terms_of_get(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc terms_of_signatory_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc terms_of_membership_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
/* terms_desk.c */
enum bw_rc terms_desk_get(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc terms_decide_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc terms_remind_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc terms_csv(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
/* terms_draft.c */
enum bw_rc terms_draft_get(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc terms_draft_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err);

#endif
