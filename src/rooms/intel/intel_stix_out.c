/* SPDX-License-Identifier: Apache-2.0 */
/* intel_stix_out - an item as STIX, so that machines get by TAXII what the page shows people.
 *
 * A published item becomes a report, an indicator for each thing that can be looked for, and the
 * identity of its organisation, all under the item's own audience. Ids are made from public ids, so
 * that the same item always has the same objects and no internal key shows; the identity's is made
 * from the name too, so that its content never changes under one version. Definitions of the TLP
 * labels are the hub's and for every member; all five are there from the first item on, so that
 * they tell nothing. */
#include "intel_stix.h"

#include "bw_clock.h"
#include "json_write.h"

#define HUB_OWNER 0                          /* owner of the label's definitions */
#define IDENTITY_TIME "2020-01-01T00:00:00Z" /* identities have one version */
#define TLP2_CREATED_US (INT64_C(1664582400) * BW_SECOND_US)
#define IDENTITY_US (INT64_C(1577836800) * BW_SECOND_US)
#define OUT_MAX ((size_t)4 << 20)

/* -- ids and times ----------------------------------------------------------------------------- */

struct made_id {
    char text[80];
};

/* A name-based UUID, in the form of version 5, which STIX tools know; of SHA-256 over what it is of
 * and up to two names. */
static struct made_id make_id(const char *type, const char *what, struct bw_view a,
                              struct bw_view b)
{
    static const char HEX[] = "0123456789abcdef";
    const struct bw_view parts[] =
        {BW_V("breakwater stix 1"), {"", 1}, bw_view_z(what), {"", 1}, a, {"", 1}, b};
    struct crypto_digest d = crypto_sha256_views(parts, BW_COUNT(parts));
    struct made_id id;
    d.b[6] = (uint8_t)((d.b[6] & 0x0f) | 0x50);
    d.b[8] = (uint8_t)((d.b[8] & 0x3f) | 0x80);
    size_t n = (size_t)snprintf(id.text, sizeof(id.text), "%s--", type);
    for (size_t i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            id.text[n++] = '-';
        id.text[n++] = HEX[d.b[i] >> 4];
        id.text[n++] = HEX[d.b[i] & 15];
    }
    id.text[n] = '\0';
    return id;
}

static struct bw_view id_view(const struct made_id *id)
{
    return bw_view_z(id->text);
}

static struct made_id report_id(struct bw_view public_id)
{
    return make_id("report", "item", public_id, BW_V(""));
}

static struct made_id indicator_id(struct bw_view public_id, const struct intel_indicator *in)
{
    char seed[48];
    int n = snprintf(seed, sizeof(seed), "%.*s/%d", BW_VF(public_id), (int)in->ioc);
    return make_id("indicator", "indicator", bw_view_of(seed, (size_t)n), in->value);
}

/* -- writing objects --------------------------------------------------------------------------- */

static void common(struct json_writer *w, const char *type, const struct made_id *id,
                   struct bw_view author, struct bw_view time)
{
    json_w_object(w);
    json_w_kv_z(w, "type", type);
    json_w_kv_z(w, "spec_version", "2.1");
    json_w_kv(w, "id", id_view(id));
    if (author.n)
        json_w_kv(w, "created_by_ref", author);
    json_w_kv(w, "created", time);
    json_w_kv(w, "modified", time);
}

static void marked(struct json_writer *w, enum tlp tlp)
{
    json_w_key(w, "object_marking_refs");
    json_w_array(w);
    json_w_string(w, stix_tlp_id(tlp));
    json_w_array_end(w);
}

static void severity_label(struct json_writer *w, enum intel_severity s)
{
    char text[40];
    int n = snprintf(text, sizeof(text), "severity:%s", intel_severity_word(s));
    json_w_string(w, bw_view_of(text, (size_t)n));
}

/* False: nothing in STIX looks for it; nothing was written. */
static bool put_indicator(struct bw_buf *out, const struct stix_indicators *list,
                          const struct intel_indicator *in, const struct made_id *id)
{
    BW_AUTO_BUF pattern = BW_BUF_INIT(4 * INTEL_INDICATOR_BYTES_MAX);
    char time[BW_TIME_MAX];
    struct json_writer w;
    if (!stix_pattern_of(in, &pattern) || pattern.rc != BW_OK)
        return false;
    struct bw_view at = bw_view_of(time, bw_time_format(list->at_us, time));
    json_w_open(&w, out);
    common(&w, "indicator", id, list->author_id, at);
    json_w_kv(&w, "name", in->value);
    json_w_kv(&w, "pattern", bw_buf_text(&pattern));
    json_w_kv_z(&w, "pattern_type", "stix");
    json_w_kv(&w, "valid_from", at);
    json_w_key(&w, "labels");
    json_w_array(&w);
    severity_label(&w, list->severity);
    json_w_array_end(&w);
    marked(&w, list->tlp);
    json_w_object_end(&w);
    json_w_close(&w);
    return true;
}

/* In the standard's vocabulary (report-type-ov). */
static const char *report_type(enum intel_kind kind)
{
    switch (kind) {
    case INTEL_INDICATORS:
        return "indicator";
    case INTEL_VULNERABILITY:
        return "vulnerability";
    default:
        return "threat-report";
    }
}

static void put_report(struct bw_buf *out, const struct intel_prepared *p,
                       const struct stix_indicators *list, const struct made_id *id)
{
    BW_AUTO_BUF unused = BW_BUF_INIT(4 * INTEL_INDICATOR_BYTES_MAX);
    char time[BW_TIME_MAX];
    struct json_writer w;
    struct bw_view at = bw_view_of(time, bw_time_format(list->at_us, time));
    json_w_open(&w, out);
    common(&w, "report", id, list->author_id, at);
    json_w_kv(&w, "name", p->in.title);
    json_w_kv(&w, "description", p->in.body);
    json_w_key(&w, "report_types");
    json_w_array(&w);
    json_w_z(&w, report_type(p->in.kind));
    json_w_array_end(&w);
    json_w_kv(&w, "published", at);
    json_w_key(&w, "object_refs");
    json_w_array(&w);
    json_w_string(&w, list->author_id);
    for (size_t i = 0; i < list->n; i++) {
        struct made_id ref = indicator_id(list->item_public_id, &list->in[i]);
        bw_buf_reset(&unused);
        if (stix_pattern_of(&list->in[i], &unused))
            json_w_string(&w, id_view(&ref));
    }
    json_w_array_end(&w);
    json_w_key(&w, "labels");
    json_w_array(&w);
    json_w_z(&w, intel_kind_word(p->in.kind));
    severity_label(&w, p->in.severity);
    json_w_array_end(&w);
    json_w_kv(&w, "lang", i18n_html_name(p->in.lang));
    marked(&w, p->in.tlp);
    json_w_object_end(&w);
    json_w_close(&w);
}

/* -- into the store ---------------------------------------------------------------------------- */

static enum bw_rc add(struct stix_writer *w, struct stix_object *o, const struct bw_buf *bytes,
                      const struct stix_place *at, bool *ret_new, struct bw_err *err)
{
    int64_t id;
    BW_TRY(bw_buf_rc(bytes, "STIX object", err));
    o->bytes = bw_buf_text(bytes);
    o->spec_version = BW_V("2.1");
    stix_object_seal(o);
    BW_TRY(stix_writer_add(w, o, at, &id, err));
    *ret_new = id != 0;
    return BW_OK;
}

static enum bw_rc add_labels(struct stix_writer *w, struct bw_err *err)
{
    static const struct grant MEMBERS = {GRANT_EVERYBODY, 0};
    BW_AUTO_BUF buf = BW_BUF_INIT(OUT_MAX);
    struct stix_place at = {.owner_id = HUB_OWNER};
    bool is_new = true;
    BW_TRY(audience_intern(w->tx, TLP_CLEAR, &MEMBERS, 1, &at.audience_id, err));
    for (unsigned tlp = TLP_CLEAR; tlp < TLP_LABELS && is_new; tlp++) {
        struct stix_object o = {.stix_id = stix_tlp_id((enum tlp)tlp),
                                .type = BW_V("marking-definition"),
                                .version = BW_V(STIX_TLP_CREATED),
                                .version_us = TLP2_CREATED_US};
        bw_buf_reset(&buf);
        stix_tlp_definition((enum tlp)tlp, &buf);
        BW_TRY(add(w, &o, &buf, &at, &is_new, err));
    }
    return BW_OK;
}

/* Which copies of an identity there are. Of the world's and the members' one is enough for every
 * reader, whatever label the item had; narrower ones are only there as long as there is none of
 * these. */
enum openness { TO_SOME, TO_MEMBERS, TO_WORLD };

static enum bw_rc openness_of(struct stix_writer *w, int64_t audience_id, enum openness *ret,
                              struct bw_err *err)
{
    struct audience_info a;
    BW_TRY(audience_get(db_tx_db(w->tx), audience_id, &a, err));
    *ret = audience_has(&a, (struct grant){GRANT_PUBLIC, 0})      ? TO_WORLD
           : audience_has(&a, (struct grant){GRANT_EVERYBODY, 0}) ? TO_MEMBERS
                                                                  : TO_SOME;
    return BW_OK;
}

static enum bw_rc open_audience(struct stix_writer *w, enum openness to, int64_t *ret,
                                struct bw_err *err)
{
    const struct grant g = {to == TO_WORLD ? GRANT_PUBLIC : GRANT_EVERYBODY, 0};
    return audience_intern(w->tx, TLP_CLEAR, &g, 1, ret, err);
}

/* Is there a copy that whoever sees AT sees too? */
static enum bw_rc is_shown(struct stix_writer *w, const struct stix_object *o,
                           const struct stix_place *at, enum openness open, bool *ret,
                           struct bw_err *err)
{
    *ret = false;
    for (enum openness to = TO_WORLD; to > TO_SOME && to >= open && !*ret; to--) {
        struct stix_place there = *at;
        BW_TRY(open_audience(w, to, &there.audience_id, err));
        BW_TRY(stix_writer_has(w, o, &there, ret, err));
    }
    return BW_OK;
}

static struct made_id put_identity(struct bw_buf *out, const struct member_organisation *org)
{
    struct json_writer w;
    struct bw_view name = member_name(&org->names, I18N_EN);
    struct made_id id = make_id("identity", "organisation", org->public_id, name);
    json_w_open(&w, out);
    common(&w, "identity", &id, bw_view_of(NULL, 0), BW_V(IDENTITY_TIME));
    json_w_kv(&w, "name", name);
    json_w_kv_z(&w, "identity_class", "organization");
    json_w_object_end(&w);
    json_w_close(&w);
    return id;
}

enum bw_rc stix_identity_add(struct stix_writer *w, int64_t organisation_id, int64_t audience_id,
                             struct bw_view *ret_id, struct bw_arena *arena, struct bw_err *err)
{
    BW_AUTO_BUF buf = BW_BUF_INIT(OUT_MAX);
    struct member_organisation org;
    struct stix_place at = {.owner_id = organisation_id, .audience_id = audience_id, .copy = true};
    enum openness open;
    bool shown, is_new;
    BW_TRY(member_organisation_get(db_tx_db(w->tx), viewer_system("stix: the author of an item"),
                                   organisation_id, arena, &org, err));
    struct made_id id = put_identity(&buf, &org);
    struct stix_object o = {.stix_id = id_view(&id),
                            .type = BW_V("identity"),
                            .version = BW_V(IDENTITY_TIME),
                            .version_us = IDENTITY_US};
    BW_TRY(bw_view_copy(arena, o.stix_id, ret_id, err));
    BW_TRY(bw_buf_rc(&buf, "identity", err));
    o.bytes = bw_buf_text(&buf);
    stix_object_seal(&o);
    BW_TRY(openness_of(w, audience_id, &open, err));
    BW_TRY(is_shown(w, &o, &at, open, &shown, err));
    if (shown)
        return BW_OK;
    if (open != TO_SOME) {
        BW_TRY(open_audience(w, open, &at.audience_id, err));
        BW_TRY(stix_writer_forget_all(w, &o, &at, err));
    }
    return add(w, &o, &buf, &at, &is_new, err);
}

enum bw_rc stix_indicators_add(struct stix_writer *w, const struct stix_indicators *list,
                               const struct stix_place *at, struct bw_err *err)
{
    BW_AUTO_BUF buf = BW_BUF_INIT(OUT_MAX);
    char time[BW_TIME_MAX];
    bool is_new;
    struct bw_view version = bw_view_of(time, bw_time_format(list->at_us, time));
    for (size_t i = 0; i < list->n; i++) {
        struct made_id id = indicator_id(list->item_public_id, &list->in[i]);
        struct stix_object o = {.stix_id = id_view(&id),
                                .type = BW_V("indicator"),
                                .version = version,
                                .version_us = list->at_us};
        bw_buf_reset(&buf);
        if (put_indicator(&buf, list, &list->in[i], &id))
            BW_TRY(add(w, &o, &buf, at, &is_new, err));
    }
    return BW_OK;
}

enum bw_rc intel_stix_of_item(struct db_tx *tx, const struct intel_prepared *p,
                              const struct intel_stored *stored, struct bw_err *err)
{
    BW_AUTO(bw_arena) *arena = bw_arena_new(1 << 20);
    BW_AUTO_BUF buf = BW_BUF_INIT(STIX_OBJECT_MAX);
    STIX_AUTO_WRITER w = {.tx = tx};
    char time[BW_TIME_MAX];
    bool is_new;
    if (!arena)
        return bw_fail_memory(err);
    const struct stix_place at = {.owner_id = p->author.organisation_id,
                                  .audience_id = stored->audience_id,
                                  .item_id = stored->item_id};
    struct stix_indicators list = {.in = p->indicators,
                                   .n = p->n_indicators,
                                   .item_public_id = bw_view_of(p->public_id.text, BW_ID_LEN),
                                   .tlp = p->in.tlp,
                                   .severity = p->in.severity,
                                   .at_us = stored->published_us};
    BW_TRY(stix_writer_begin(tx, &w, err));
    BW_TRY(add_labels(&w, err));
    BW_TRY(stix_identity_add(&w, at.owner_id, at.audience_id, &list.author_id, arena, err));
    BW_TRY(stix_indicators_add(&w, &list, &at, err));
    struct made_id id = report_id(list.item_public_id);
    struct stix_object o = {.stix_id = id_view(&id),
                            .type = BW_V("report"),
                            .version = bw_view_of(time, bw_time_format(list.at_us, time)),
                            .version_us = list.at_us};
    put_report(&buf, p, &list, &id);
    BW_TRY(add(&w, &o, &buf, &at, &is_new, err));
    return stix_writer_end(&w, err);
}

/* -- by itself --------------------------------------------------------------------------------- */

enum bw_rc intel_stix_bundle(const struct intel_indicator *in, size_t n, enum tlp tlp,
                             int64_t at_us, struct bw_buf *out, struct bw_err *err)
{
    struct stix_indicators list = {.in = in, .n = n, .tlp = tlp, .at_us = at_us};
    BW_AUTO_BUF one = BW_BUF_INIT(OUT_MAX);
    struct json_writer w;
    struct made_id id = make_id("bundle", "bundle", bw_view_z(bw_id_new().text), BW_V(""));
    json_w_open(&w, out);
    json_w_object(&w);
    json_w_kv_z(&w, "type", "bundle");
    json_w_kv(&w, "id", id_view(&id));
    json_w_key(&w, "objects");
    json_w_array(&w);
    stix_tlp_definition(tlp, &one);
    json_w_raw(&w, bw_buf_text(&one));
    for (size_t i = 0; i < n; i++) {
        struct made_id indicator = indicator_id(BW_V(""), &in[i]);
        bw_buf_reset(&one);
        if (put_indicator(&one, &list, &in[i], &indicator))
            json_w_raw(&w, bw_buf_text(&one));
        BW_TRY(bw_buf_rc(&one, "STIX object", err));
    }
    json_w_array_end(&w);
    json_w_object_end(&w);
    json_w_close(&w);
    return bw_buf_rc(out, "STIX bundle", err);
}
