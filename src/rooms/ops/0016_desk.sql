-- SPDX-License-Identifier: Apache-2.0
-- The operator's side: who runs the hub, what needs two people, figures, and what is owed to people whose data
-- the hub keeps.

-- The organisations that run the programme. until_us NULL: now. TRUTH.
CREATE TABLE operating_body (
    organisation_id $int PRIMARY KEY REFERENCES organisation (id),
    from_us $int NOT NULL,
    until_us $int
) $strict;
INSERT INTO operating_body (organisation_id, from_us)
    SELECT DISTINCT organisation_id, 0 FROM person WHERE role IN (3, 4, 7, 8, 9);

-- What one person asked for and another one decides. digest: SHA-256 over act, arguments and what they are about as
-- it was when it was asked for. state: 0 waiting, 1 done, 2 refused, 3 taken back, 4 run out. TRUTH.
CREATE TABLE approval (
    id $id,
    public_id $text NOT NULL UNIQUE,
    act $text NOT NULL,
    args $bytes NOT NULL,
    digest $bytes NOT NULL,
    what $text NOT NULL,
    concerns_id $int NOT NULL,
    asked_by $int NOT NULL REFERENCES person (id),
    asked_body $int NOT NULL,
    asked_us $int NOT NULL,
    reason $text NOT NULL,
    expires_us $int NOT NULL,
    state $int NOT NULL,
    decided_by $int NOT NULL,
    decided_us $int NOT NULL,
    decision $text NOT NULL,
    audience_id $int NOT NULL REFERENCES audience (id)
) $strict;
CREATE UNIQUE INDEX approval_waiting ON approval (digest) WHERE state = 0;
CREATE INDEX approval_by_state ON approval (state, expires_us);
$gate(approval);

-- What a job found out, for the self-check. TRUTH.
CREATE TABLE check_result (
    name $text PRIMARY KEY,
    at_us $int NOT NULL,
    good $int NOT NULL,
    text $text NOT NULL
) $strict;

-- Counted figures. month: year * 100 + month, 0: now. DERIVED(breakwater statistics rebuild): from the ledger what has
-- a month, from the tables of today what has none.
CREATE TABLE statistic (
    name $text NOT NULL,
    key $text NOT NULL,
    month $int NOT NULL,
    n $int NOT NULL,
    PRIMARY KEY (name, key, month)
) $strict;
-- One row. position: of the next event to be counted.
CREATE TABLE statistic_state (
    id $int PRIMARY KEY CHECK (id = 1),
    position $int NOT NULL,
    counted_us $int NOT NULL
) $strict;
INSERT INTO statistic_state (id, position, counted_us) VALUES (1, 0, 0);

-- A person's request about their own data. kind: 0 access, 1 correction. state: 0 open, 1 done, 2 refused. TRUTH.
CREATE TABLE privacy_request (
    id $id,
    public_id $text NOT NULL UNIQUE,
    person_id $int NOT NULL REFERENCES person (id),
    kind $int NOT NULL,
    text $text NOT NULL,
    asked_us $int NOT NULL,
    due_us $int NOT NULL,
    state $int NOT NULL,
    answer $text NOT NULL,
    decided_by $int NOT NULL,
    decided_us $int NOT NULL,
    audience_id $int NOT NULL REFERENCES audience (id)
) $strict;
CREATE INDEX privacy_request_by_state ON privacy_request (state, due_us);
CREATE INDEX privacy_request_by_person ON privacy_request (person_id);
$gate(privacy_request);

-- To whom outside of the hub somebody's data was given, and why. person_id 0: of an organisation. TRUTH.
CREATE TABLE disclosure (
    id $id,
    public_id $text NOT NULL UNIQUE,
    person_id $int NOT NULL,
    organisation_id $int NOT NULL,
    to_whom $text NOT NULL,
    what $text NOT NULL,
    why $text NOT NULL,
    made_by $int NOT NULL,
    made_us $int NOT NULL,
    audience_id $int NOT NULL REFERENCES audience (id)
) $strict;
CREATE INDEX disclosure_by_person ON disclosure (person_id);
$gate(disclosure);

-- What must not be purged. kind as in holding: 0 person, 1 organisation. TRUTH.
CREATE TABLE legal_hold (
    id $id,
    public_id $text NOT NULL UNIQUE,
    holder_kind $int NOT NULL,
    holder_id $int NOT NULL,
    reason $text NOT NULL,
    placed_by $int NOT NULL,
    from_us $int NOT NULL,
    until_us $int
) $strict;
CREATE UNIQUE INDEX legal_hold_now ON legal_hold (holder_kind, holder_id) WHERE until_us IS NULL;

-- Since when the hub knows that somebody is not here any more (they left, or their organisation did), so that what is
-- kept of them can go in time. erased_us NULL: not yet. TRUTH.
CREATE TABLE person_gone (
    person_id $int PRIMARY KEY REFERENCES person (id),
    since_us $int NOT NULL,
    erased_us $int
) $strict;
