-- SPDX-License-Identifier: Apache-2.0
-- What every room stands on. TRUTH: all tables here; none can be rebuilt from anything else.

-- An audience is written once and never changed: set_hash is SHA-256 over label and grant codes.
CREATE TABLE audience (
    id $id,
    tlp $int NOT NULL,
    set_hash $bytes NOT NULL UNIQUE
) $strict;
CREATE TABLE audience_grant (
    audience_id $int NOT NULL REFERENCES audience (id),
    code $int NOT NULL,
    PRIMARY KEY (audience_id, code)
) $strict;
CREATE INDEX audience_grant_by_code ON audience_grant (code, audience_id);

-- Dated: ending a holding sets until_us; the row stays.
CREATE TABLE holding (
    id $id,
    holder_kind $int NOT NULL,
    holder_id $int NOT NULL,
    code $int NOT NULL,
    from_us $int NOT NULL,
    until_us $int
) $strict;
CREATE UNIQUE INDEX holding_now ON holding (holder_kind, holder_id, code) WHERE until_us IS NULL;
CREATE INDEX holding_by_code ON holding (code, holder_kind, holder_id);

-- Role and organisation are copied at sign-in; whoever changes them ends the sessions in the same
-- transaction. Only hashes of tokens are kept.
CREATE TABLE session (
    id $id,
    token_hash $bytes NOT NULL UNIQUE,
    person_id $int NOT NULL,
    organisation_id $int NOT NULL,
    role $int NOT NULL,
    display $text NOT NULL,
    device $text NOT NULL,
    created_us $int NOT NULL,
    seen_us $int NOT NULL,
    ended_us $int
) $strict;
CREATE INDEX session_by_person ON session (person_id, ended_us);
CREATE TABLE api_key (
    id $id,
    public_id $text NOT NULL UNIQUE,
    key_hash $bytes NOT NULL UNIQUE,
    person_id $int NOT NULL,
    organisation_id $int NOT NULL,
    role $int NOT NULL,
    scopes $int NOT NULL,
    label $text NOT NULL,
    created_us $int NOT NULL,
    expires_us $int NOT NULL,
    used_us $int,
    ended_us $int
) $strict;
CREATE INDEX api_key_by_person ON api_key (person_id, ended_us);

-- The ledger. event rows are appended unsequenced; the sequencer fills position, added_us and leaf.
-- Commitments are SHA-256 (salt, value); salts and values lie in opening, which can be erased.
CREATE TABLE event (
    id $id,
    position $int UNIQUE,
    added_us $int,
    leaf $bytes,
    verb $text NOT NULL,
    object $text NOT NULL,
    at_us $int NOT NULL,
    commit_actor $bytes NOT NULL,
    commit_audience $bytes NOT NULL,
    commit_payload $bytes NOT NULL
) $strict;
CREATE INDEX event_unsequenced ON event (id) WHERE position IS NULL;
CREATE TABLE opening (
    event_id $int PRIMARY KEY REFERENCES event (id),
    salt $bytes NOT NULL,
    actor_id $int NOT NULL,
    audience_id $int NOT NULL,
    payload $bytes NOT NULL
) $strict;
-- At most one row (none: an empty tree): size and peaks, so that adding a leaf reads nothing else.
CREATE TABLE ledger_state (
    id $int PRIMARY KEY CHECK (id = 1),
    size $int NOT NULL,
    added_us $int NOT NULL,
    peaks $bytes NOT NULL
) $strict;
CREATE TABLE checkpoint (
    size $int PRIMARY KEY,
    root $bytes NOT NULL,
    at_us $int NOT NULL,
    signature $bytes NOT NULL
) $strict;
CREATE TABLE consumer (
    name $text PRIMARY KEY,
    position $int NOT NULL
) $strict;

-- Bytes as received. complete = 0 while chunks are still being written.
CREATE TABLE artifact (
    id $id,
    owner_id $int NOT NULL,
    audience_id $int NOT NULL REFERENCES audience (id),
    hash $bytes NOT NULL,
    size_bytes $int NOT NULL,
    media_type $text NOT NULL,
    name $text NOT NULL,
    created_us $int NOT NULL,
    complete $int NOT NULL
) $strict;
CREATE UNIQUE INDEX artifact_by_owner ON artifact (owner_id, hash);
$gate(artifact);
CREATE TABLE artifact_chunk (
    artifact_id $int NOT NULL REFERENCES artifact (id),
    part $int NOT NULL,
    bytes $bytes NOT NULL,
    PRIMARY KEY (artifact_id, part)
) $strict;
