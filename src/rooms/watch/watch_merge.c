/* SPDX-License-Identifier: Apache-2.0 */
/* watch_merge - networks and findings of an organisation that is merged into another.
 *
 * A block that both had claimed is the survivor's claim, verified where either was; the other claim
 * stays behind, refused. A finding that both had is the survivor's; the other one stays behind. The
 * snapshot for matching is made anew by its version. */
#include "watch_int.h"

static const struct viewer *as_hub(void)
{
    return viewer_system("what both of two merged organisations have");
}

static enum bw_rc run2(struct db_stmt *st, int64_t from, int64_t to, struct bw_err *err)
{
    db_bind_int(st, 1, from);
    db_bind_int(st, 2, to);
    return db_run(st, err);
}

/* The claims that both have: FROM's findings hang on TO's claim from now on. */
static enum bw_rc join_claims(struct db_tx *tx, int64_t from, int64_t to, struct bw_err *err)
{
    BW_AUTO(db_stmt) *findings = NULL, *verified = NULL, *behind = NULL;
    db_tx_as(tx, as_hub());
    BW_TRY(db_change(tx,
                     "UPDATE finding SET network_id = (SELECT t.id FROM v_network f JOIN v_network"
                     " t ON t.address = f.address AND t.bits = f.bits WHERE f.id ="
                     " finding.network_id AND t.organisation_id = ?2) WHERE organisation_id = ?1"
                     " AND network_id IN (SELECT f.id FROM v_network f JOIN v_network t"
                     " ON t.address = f.address AND t.bits = f.bits WHERE f.organisation_id = ?1"
                     " AND t.organisation_id = ?2)",
                     &findings, err));
    BW_TRY(run2(findings, from, to, err));
    BW_TRY(db_change(tx,
                     "UPDATE network SET state = 1 WHERE organisation_id = ?2 AND state = 0"
                     " AND EXISTS (SELECT 1 FROM v_network f WHERE f.organisation_id = ?1"
                     " AND f.state = 1 AND f.address = network.address AND f.bits = network.bits)",
                     &verified, err));
    BW_TRY(run2(verified, from, to, err));
    BW_TRY(db_change(tx,
                     "UPDATE network SET state = 2 WHERE organisation_id = ?1 AND EXISTS (SELECT 1"
                     " FROM v_network t WHERE t.organisation_id = ?2"
                     " AND t.address = network.address AND t.bits = network.bits)",
                     &behind, err));
    return run2(behind, from, to, err);
}

static enum bw_rc move_rest(struct db_tx *tx, int64_t from, int64_t to, struct bw_err *err)
{
    BW_AUTO(db_stmt) *networks = NULL, *findings = NULL, *version = NULL;
    int64_t audience_id;
    BW_TRY(watch_audience(tx, to, &audience_id, err));
    db_tx_as(tx, as_hub());
    BW_TRY(db_change(tx,
                     "UPDATE network SET organisation_id = ?2, audience_id = ?3"
                     " WHERE organisation_id = ?1 AND NOT EXISTS (SELECT 1 FROM v_network t"
                     " WHERE t.organisation_id = ?2 AND t.address = network.address"
                     " AND t.bits = network.bits)",
                     &networks, err));
    db_bind_int(networks, 3, audience_id);
    BW_TRY(run2(networks, from, to, err));
    BW_TRY(db_change(tx,
                     "UPDATE finding SET organisation_id = ?2, audience_id = ?3"
                     " WHERE organisation_id = ?1 AND NOT EXISTS (SELECT 1 FROM v_finding t"
                     " WHERE t.organisation_id = ?2 AND t.ip = finding.ip AND t.day = finding.day"
                     " AND t.rsit_type = finding.rsit_type AND t.family = finding.family"
                     " AND t.port = finding.port)",
                     &findings, err));
    db_bind_int(findings, 3, audience_id);
    BW_TRY(run2(findings, from, to, err));
    BW_TRY(db_change(tx, "UPDATE network_version SET version = version + 1 WHERE id = 1", &version,
                     err));
    return db_run(version, err);
}

enum bw_rc watch_organisation_merge(struct db_tx *tx, int64_t from, int64_t to, struct bw_err *err)
{
    BW_TRY(join_claims(tx, from, to, err));
    return move_rest(tx, from, to, err);
}

enum bw_rc watch_organisation_count(struct db *db, int64_t organisation_id, int64_t *ret_networks,
                                    int64_t *ret_findings, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db, as_hub(),
                    "SELECT (SELECT count(*) FROM v_network WHERE organisation_id = ?1),"
                    " (SELECT count(*) FROM v_finding WHERE organisation_id = ?1)",
                    &st, err));
    db_bind_int(st, 1, organisation_id);
    BW_TRY(db_row(st, err));
    *ret_networks = db_int(st, 0);
    *ret_findings = db_int(st, 1);
    return BW_OK;
}
