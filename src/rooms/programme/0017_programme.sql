-- SPDX-License-Identifier: Apache-2.0
-- The programme that the hub serves, and what was agreed on with whom.

-- One row: what everybody may know of the programme. phase: 0 pilot, 1 formal. fee 0: free. TRUTH.
CREATE TABLE programme (
    id $int PRIMARY KEY CHECK (id = 1),
    name_en $text NOT NULL,
    name_hant $text NOT NULL,
    name_hans $text NOT NULL,
    phase $int NOT NULL,
    from_us $int NOT NULL,
    until_us $int NOT NULL,
    eligibility_en $text NOT NULL,
    eligibility_hant $text NOT NULL,
    eligibility_hans $text NOT NULL,
    fee $text NOT NULL,
    contact $text NOT NULL,
    changed_us $int NOT NULL
) $strict;

-- Memoranda of understanding (kind 0), confidentiality agreements (1) and the like (2), seen by the hub's owner, its
-- desk and auditors. reminded_us: the desk was told that it runs out; 0: not yet. TRUTH.
CREATE TABLE agreement (
    id $id,
    public_id $text NOT NULL UNIQUE,
    kind $int NOT NULL,
    title $text NOT NULL,
    parties $text NOT NULL,
    place $text NOT NULL,
    from_us $int NOT NULL,
    until_us $int NOT NULL,
    ended_us $int NOT NULL,
    reminded_us $int NOT NULL,
    audience_id $int NOT NULL REFERENCES audience (id),
    made_us $int NOT NULL
) $strict;
CREATE INDEX agreement_by_end ON agreement (ended_us, until_us);
$gate(agreement);

-- What the advisory group was given and what it decided. kind: 0 paper, 1 decision. Seen by those whom the audience
-- names: the hub's staff, or every member. TRUTH.
CREATE TABLE advisory (
    id $id,
    public_id $text NOT NULL UNIQUE,
    kind $int NOT NULL,
    title $text NOT NULL,
    body $text NOT NULL,
    met_us $int NOT NULL,
    audience_id $int NOT NULL REFERENCES audience (id),
    made_by $int NOT NULL,
    made_us $int NOT NULL
) $strict;
$gate(advisory);
