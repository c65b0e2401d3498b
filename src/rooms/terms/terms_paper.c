/* SPDX-License-Identifier: Apache-2.0 */
/* terms_paper - what was accepted, shown again: as a page and as PDF, for the person, the
 * administrators of their organisation and the hub's staff. And the terms as PDF. */
#include "terms_page.h"

#include "pdf.h"
#include "terms_html.h"

#include <stdio.h>

enum { PDF_MAX = 16 << 20 };

/* -- the record -------------------------------------------------------------------------------- */

struct paper {
    struct http_req *rq;
    struct terms_version version;
    struct terms_acceptance acceptance; /* of a record */
    bool record;
    struct bw_view hash;
    enum i18n_lang shown; /* of the text */
};

static enum bw_rc read_record(struct http_req *rq, struct paper *p, struct bw_err *err)
{
    struct db *db;
    p->rq = rq;
    p->record = true;
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(terms_acceptance_get(db, req_viewer(rq), http_text(rq, "id"), http_arena(rq),
                                &p->acceptance, err));
    BW_TRY(terms_version_get(db, req_viewer(rq), p->acceptance.number, http_arena(rq), &p->version,
                             err));
    if (memcmp(p->version.hash.b, p->acceptance.hash.b, sizeof(p->version.hash.b)) != 0)
        return bw_fail_detail(err, BW_BROKEN, "internal error",
                              "terms %lld are not what was accepted", (long long)p->version.number);
    p->shown = p->acceptance.lang;
    return terms_hash_copy(http_arena(rq), &p->version.hash, &p->hash, err);
}

enum bw_rc terms_acceptance_show(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct paper p = {0};
    BW_TRY(read_record(rq, &p, err));
    const struct terms_acceptance_page d = {
        .a = {p.acceptance.public_id, p.acceptance.person_name, p.acceptance.number,
              p.acceptance.at_us, p.acceptance.kind == TERMS_FOR_ORGANISATION},
        .organisation = p.acceptance.organisation_name,
        .hash = p.hash,
        .lang_name = i18n_own_name(p.shown),
        .body = p.version.text[p.shown],
        .body_lang = terms_lang(rq, p.shown),
        .effective_us = p.version.effective_us,
    };
    return page_send(rq, rs,
                     &(struct page){.title_msg =
                                        d.a.sign ? MSG_terms_record_sign : MSG_terms_record,
                                    .narrow = true,
                                    .tlp = tlp_name(TLP_AMBER_STRICT),
                                    .body = html_terms_acceptance_slot(&d)},
                     err);
}

/* -- PDF --------------------------------------------------------------------------------------- */

static void fact(struct pdf *out, const struct paper *p, enum i18n_msg label, struct bw_view value)
{
    pdf_fact(out, i18n(req_lang(p->rq), label), value);
}

/* Times on paper: the hub's zone with its name, and UTC, which needs no explanation later. */
static void fact_time(struct pdf *out, const struct paper *p, enum i18n_msg label, int64_t at_us)
{
    const struct settings *s = req_hub(p->rq)->settings;
    char local[BW_TIME_MAX], utc[BW_TIME_MAX], text[3 * BW_TIME_MAX];
    bw_time_format_local(at_us, (int)setting_int(s, SETTING_ZONE_OFFSET), local);
    bw_time_format(at_us, utc);
    snprintf(text, sizeof(text), "%s %.*s (%s)", local, BW_VF(setting_text(s, SETTING_ZONE)), utc);
    fact(out, p, label, bw_view_z(text));
}

static void print_facts(struct pdf *out, const struct paper *p)
{
    const struct terms_acceptance *a = &p->acceptance;
    enum i18n_lang lang = req_lang(p->rq);
    char number[32];
    snprintf(number, sizeof(number), "%lld", (long long)p->version.number);
    if (p->record) {
        bool sign = a->kind == TERMS_FOR_ORGANISATION;
        fact(out, p, MSG_terms_by, a->person_name);
        fact(out, p, MSG_terms_organisation, a->organisation_name);
        fact(out, p, MSG_terms_for_whom,
             i18n(lang, sign ? MSG_terms_for_organisation : MSG_terms_for_oneself));
        fact_time(out, p, MSG_terms_when, a->at_us);
        fact(out, p, MSG_terms_shown_in, i18n_own_name(a->lang));
        fact(out, p, MSG_terms_record_id, a->public_id);
    }
    fact(out, p, MSG_terms_which, bw_view_z(number));
    fact_time(out, p, MSG_terms_effective, p->version.effective_us);
    fact(out, p, MSG_terms_hash, p->hash);
}

static void print(struct pdf *out, void *arg)
{
    const struct paper *p = arg;
    enum i18n_lang lang = req_lang(p->rq);
    enum i18n_msg title = !p->record                                     ? MSG_terms_title
                          : p->acceptance.kind == TERMS_FOR_ORGANISATION ? MSG_terms_record_sign
                                                                         : MSG_terms_record;
    pdf_heading(out, 1, i18n(lang, title));
    print_facts(out, p);
    pdf_rule(out);
    pdf_markdown(out, p->version.text[p->shown]);
}

static enum bw_rc send_pdf(struct http_req *rq, struct http_resp *rs, struct paper *p,
                           struct bw_err *err)
{
    const struct hub *hub = req_hub(rq);
    BW_AUTO_BUF title = BW_BUF_INIT(1024);
    BW_AUTO_BUF out = BW_BUF_INIT(PDF_MAX);
    I18N_PUT(&title, req_lang(rq), MSG_terms_pdf_title,
             I18N_TEXT("name", setting_text(hub->settings, SETTING_NAME)),
             I18N_NUMBER("number", p->version.number));
    const struct pdf_options o = {
        .title = bw_buf_text(&title),
        .author = setting_text(hub->settings, SETTING_NAME),
        .tlp = tlp_name(p->record ? TLP_AMBER_STRICT : TLP_CLEAR),
        .made_us = p->record ? p->acceptance.at_us : p->version.effective_us,
    };
    req_db_done(rq); /* drawing takes its time */
    BW_TRY(pdf_make(&o, print, p, &out, err));
    bw_buf_view(http_out(rs), bw_buf_text(&out));
    http_type(rs, "application/pdf");
    http_set(rs, "Content-Disposition",
             bw_arena_printf(http_arena(rq), "attachment; filename=\"terms-%lld%s%s.pdf\"",
                             (long long)p->version.number, p->record ? "-" : "",
                             p->record ? "acceptance" : ""));
    return bw_buf_rc(http_out(rs), "document", err);
}

enum bw_rc terms_acceptance_pdf(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct paper p = {0};
    BW_TRY(read_record(rq, &p, err));
    return send_pdf(rq, rs, &p, err);
}

enum bw_rc terms_pdf(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct paper p = {.rq = rq};
    struct db *db;
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(terms_version_get(db, req_viewer(rq), http_int(rq, "version", 0), http_arena(rq),
                             &p.version, err));
    terms_text(&p.version, req_lang(rq), &p.shown);
    BW_TRY(terms_hash_copy(http_arena(rq), &p.version.hash, &p.hash, err));
    return send_pdf(rq, rs, &p, err);
}
