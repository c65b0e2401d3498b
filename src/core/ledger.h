/* SPDX-License-Identifier: Apache-2.0 */
/* ledger - what happened, in one order, provable to anybody who keeps a checkpoint.
 *
 * Every change appends an event in its own transaction, without a position. One sequencer (SQLite:
 * the write lane just before COMMIT) gives position, Merkle leaf (RFC 6962 section 2.1) and a
 * strictly increasing time of adding. Bulk work appends one event per batch.
 *
 * A leaf holds verb, public object id, time, and salted commitments (SHA-256 over a 256-bit salt
 * and the value) to actor, audience and payload. The openings lie in a table that can be erased
 * when the law asks for it: the tree stays whole. Positions never leave the hub; nothing public is
 * derived from them but the tree size in a checkpoint, which goes out on a fixed schedule.
 *
 * Alerts, live pages, digests and the audit trail follow the ledger (ledger_follow); the code that
 * makes a change calls none of them. */
#ifndef LEDGER_H
#define LEDGER_H

#include "crypto.h"
#include "viewer.h"

/* Verbs are a table: what is not listed there does not compile. Values are stored by name. */
#define LEDGER_VERBS(X)                             \
    X(ORGANISATION_ADDED, "organisation.added")     \
    X(ORGANISATION_CHANGED, "organisation.changed") \
    X(PERSON_ADDED, "person.added")                 \
    X(PERSON_CHANGED, "person.changed")             \
    X(SIGNED_IN, "person.signed_in")                \
    X(SIGNED_OUT, "person.signed_out")              \
    X(DEVICE_NEW, "device.new")                     \
    X(SESSION_ENDED, "session.ended")               \
    X(PASSWORD_CHANGED, "password.changed")         \
    X(TOTP_CHANGED, "totp.changed")                 \
    X(PASSKEY_ADDED, "passkey.added")               \
    X(PASSKEY_ENDED, "passkey.ended")               \
    X(PASSKEY_REFUSED, "passkey.refused")           \
    X(RECOVERY_MADE, "recovery.made")               \
    X(RECOVERY_USED, "recovery.used")               \
    X(KEY_ADDED, "key.added")                       \
    X(KEY_ENDED, "key.ended")                       \
    X(HOLDING_GIVEN, "holding.given")               \
    X(HOLDING_ENDED, "holding.ended")               \
    X(SECTOR_CHANGED, "sector.changed")             \
    X(CIRCLE_CHANGED, "circle.changed")             \
    X(CIRCLE_ASKED, "circle.asked")                 \
    X(CIRCLE_INVITED, "circle.invited")             \
    X(CIRCLE_DECIDED, "circle.decided")             \
    X(ORGANISATION_MERGED, "organisation.merged")   \
    X(ORGANISATION_DECIDED, "organisation.decided") \
    X(DATA_EXPORTED, "data.exported")               \
    X(ITEM_DRAFTED, "item.drafted")                 \
    X(ITEM_PUBLISHED, "item.published")             \
    X(ITEM_RELEASED, "item.released")               \
    X(ITEM_WITHDRAWN, "item.withdrawn")             \
    X(IMPORT_TAKEN, "import.taken")                 \
    X(IMPORT_DONE, "import.done")                   \
    X(NETWORK_CLAIMED, "network.claimed")           \
    X(NETWORK_VERIFIED, "network.verified")         \
    X(NETWORK_REFUSED, "network.refused")           \
    X(FINDING_OPENED, "finding.opened")             \
    X(FINDING_ACKNOWLEDGED, "finding.acknowledged") \
    X(APPLICATION_DRAFTED, "application.drafted")   \
    X(APPLICATION_CHANGED, "application.changed")   \
    X(APPLICATION_MOVED, "application.moved")       \
    X(APPLICATION_CLAIMED, "application.claimed")   \
    X(APPLICATION_CHECKED, "application.checked")   \
    X(APPLICATION_VOUCHED, "application.vouched")   \
    X(APPLICATION_OBJECTED, "application.objected") \
    X(APPLICATION_DECIDED, "application.decided")   \
    X(APPLICATION_SIGNED, "application.signed")     \
    X(APPLICATION_MAILED, "application.mailed")     \
    X(PERSON_SUSPENDED, "person.suspended")         \
    X(PERSON_RESUMED, "person.resumed")             \
    X(PERSON_LEFT, "person.left")                   \
    X(PERSON_MAIL_ASKED, "person.mail_asked")       \
    X(PERSON_NOTICED, "person.noticed")             \
    X(PERSON_KEPT, "person.kept")                   \
    X(ADMIN_OFFERED, "admin.offered")               \
    X(KEY_EXPIRING, "key.expiring")                 \
    X(REVIEW_OPENED, "review.opened")               \
    X(REVIEW_REMINDED, "review.reminded")           \
    X(REVIEW_ANSWERED, "review.answered")           \
    X(REVIEW_CLOSED, "review.closed")               \
    X(DELEGATION_GIVEN, "delegation.given")         \
    X(DELEGATION_ENDED, "delegation.ended")         \
    X(TERMS_DRAFTED, "terms.drafted")               \
    X(TERMS_PROPOSED, "terms.proposed")             \
    X(TERMS_RETURNED, "terms.returned")             \
    X(TERMS_ANNOUNCED, "terms.announced")           \
    X(TERMS_IN_FORCE, "terms.in_force")             \
    X(TERMS_REMINDED, "terms.reminded")             \
    X(TERMS_ACCEPTED, "terms.accepted")             \
    X(TERMS_SIGNED, "terms.signed")                 \
    X(MEMBERSHIP_DATED, "membership.dated")         \
    X(MEMBERSHIP_REMINDED, "membership.reminded")   \
    X(MEMBERSHIP_ENDED, "membership.ended")         \
    X(APPROVAL_ASKED, "approval.asked")             \
    X(APPROVAL_DONE, "approval.done")               \
    X(APPROVAL_REFUSED, "approval.refused")         \
    X(APPROVAL_ENDED, "approval.ended")             \
    X(PRIVACY_ASKED, "privacy.asked")               \
    X(PRIVACY_ANSWERED, "privacy.answered")         \
    X(DISCLOSURE_RECORDED, "disclosure.recorded")   \
    X(HOLD_PLACED, "hold.placed")                   \
    X(HOLD_LIFTED, "hold.lifted")                   \
    X(PERSON_ERASED, "person.erased")               \
    X(DATA_PURGED, "data.purged")                   \
    X(PROGRAMME_CHANGED, "programme.changed")       \
    X(SETTING_CHANGED, "setting.changed")
enum ledger_verb {
#define LEDGER_ENUM(name, text) LEDGER_##name,
    LEDGER_VERBS(LEDGER_ENUM)
#undef LEDGER_ENUM
        LEDGER_VERB_COUNT
};
const char *ledger_verb_name(enum ledger_verb verb);

struct ledger_entry {
    enum ledger_verb verb;
    struct bw_view object;  /* public id of what changed */
    int64_t actor_id;       /* person; 0: the system */
    int64_t audience_id;    /* who may hear of it; 0: nobody but the audit trail */
    struct bw_view payload; /* JSON or empty; at most 64 KiB; kept as an opening, erasable */
};
/* Appends in this transaction. The position comes before its commit. */
BW_MUST_CHECK enum bw_rc ledger_append(struct db_tx *tx, const struct ledger_entry *e,
                                       struct bw_err *err);

/* -- following --------------------------------------------------------------------------------- */
struct ledger_event {
    int64_t position; /* from 0; never leaves the hub */
    int64_t added_us; /* strictly increasing with position */
    enum ledger_verb verb;
    struct bw_view object, payload; /* payload is empty where its opening was erased */
    int64_t actor_id, audience_id;
};
/* Events from POSITION on, in order, at most MAX; views live in ARENA. */
BW_MUST_CHECK enum bw_rc ledger_read(struct db *db, int64_t position, size_t max,
                                     struct bw_arena *arena, struct ledger_event **ret,
                                     size_t *ret_n, struct bw_err *err);
/* The next position to be given: 0 for an empty ledger. */
BW_MUST_CHECK enum bw_rc ledger_next(struct db *db, int64_t *ret_position, struct bw_err *err);

/* A consumer gets every event once or more, in order. It says BW_OK when the batch's effects are
 * safe; its position is then moved durably (`durable`) or only in memory: live pages have no past.
 */
struct ledger_consumer {
    const char *name;
    bool durable;
    enum bw_rc (*take)(void *arg, struct db_engine *e, const struct ledger_event *events, size_t n,
                       struct bw_err *err);
};
struct ledger;
/* Sets the database hooks and starts one thread per consumer. A consumer that fails is retried with
 * a growing pause and logged; the others go on. */
BW_MUST_CHECK enum bw_rc ledger_start(struct db_engine *e,
                                      const struct ledger_consumer *const *consumers, size_t n,
                                      void *arg, struct ledger **ret, struct bw_err *err);
void ledger_stop(struct ledger *l);
/* The same without threads: nothing is handed over but by ledger_catch_up(), which gives each
 * consumer in turn all that is committed, in the caller's thread. For worlds that must be equal. */
BW_MUST_CHECK enum bw_rc ledger_follow_by_hand(struct db_engine *e,
                                               const struct ledger_consumer *const *consumers,
                                               size_t n, void *arg, struct ledger **ret,
                                               struct bw_err *err);
BW_MUST_CHECK enum bw_rc ledger_catch_up(struct ledger *l, struct bw_err *err);
/* Only the hooks (sequencer), for tools that write without following. */
void ledger_attach(struct db_engine *e);
/* Moves a durable consumer behind everything that is committed now: it will not hear of it. For a
 * hub that is filled before it runs. */
BW_MUST_CHECK enum bw_rc ledger_skip(struct db_engine *e, const char *consumer, struct bw_err *err);
/* Waits until every durable consumer has taken what is committed now; tests and clean stops. */
bool ledger_settle(struct ledger *l, int timeout_ms);

/* -- erasing ----------------------------------------------------------------------------------- */
/* Events that are about OBJECT or were made by ACTOR_ID (0: by nobody) and have an opening still.
 * Reads the whole ledger: for jobs, not for the lane. */
BW_MUST_CHECK enum bw_rc ledger_openings_of(struct db *db, struct bw_view object, int64_t actor_id,
                                            struct bw_arena *arena, int64_t **ret, size_t *ret_n,
                                            struct bw_err *err);
/* Erases the openings of these events: who, for whom and what are gone, the leaves stay, and the
 * ledger verifies as before. */
BW_MUST_CHECK enum bw_rc ledger_erase(struct db_tx *tx, const int64_t *events, size_t n,
                                      struct bw_err *err);

/* -- proof ------------------------------------------------------------------------------------- */
struct ledger_checkpoint {
    int64_t size; /* leaves */
    struct crypto_digest root;
    int64_t at_us;
    struct crypto_signature signature; /* Ed25519 over ledger_checkpoint_text() */
};
/* Signs the present tree and keeps it; nothing new since the last: BW_OK, the last one. */
BW_MUST_CHECK enum bw_rc ledger_sign(struct db_engine *e, const struct crypto_signer *signer,
                                     struct ledger_checkpoint *ret, struct bw_err *err);
/* Has KEY signed the last checkpoint? True where nothing has been signed yet. */
BW_MUST_CHECK enum bw_rc ledger_signed_with(struct db *db, const struct crypto_public_key *key,
                                            bool *ret, struct bw_err *err);
/* The last one that was signed. BW_NOT_FOUND: none yet. */
BW_MUST_CHECK enum bw_rc ledger_checkpoint_last(struct db *db, struct ledger_checkpoint *ret,
                                                struct bw_err *err);
/* The signed note: origin, size, root in base64, time. */
void ledger_checkpoint_text(const struct ledger_checkpoint *c, struct bw_buf *out);

struct ledger_report {
    int64_t events, openings, erased, checkpoints;
    struct crypto_digest root;
};
/* Recomputes every leaf, every opening, the tree and every checkpoint with its signature from the
 * stored rows. BW_BROKEN names the first position that does not fit. */
BW_MUST_CHECK enum bw_rc ledger_verify(struct db *db, const struct crypto_public_key *key,
                                       struct ledger_report *ret, struct bw_err *err);

/* RFC 6962 2.1: root over N leaf hashes added one by one; state is at most 64 subtree hashes. */
struct merkle {
    uint64_t n; /* leaves; bit i set: peak[i] is the root of 2^i leaves */
    struct crypto_digest peak[64];
};
struct crypto_digest merkle_leaf_hash(struct bw_view leaf);
void merkle_add(struct merkle *m, const struct crypto_digest *leaf_hash);
struct crypto_digest merkle_root(const struct merkle *m); /* of no leaves: SHA-256 of nothing */

#endif
