-- SPDX-License-Identifier: Apache-2.0
-- What groups are beside their names: the tree of sectors, circles with their owners and requests; and how an
-- organisation ends. TRUTH: every table here. Who is in a group, from when to when, is told by the holdings (core).

-- A row where a sector lies under another one; no row: at the top. No cycles (member_sector_move).
CREATE TABLE sector_tree (
    sector_id $int PRIMARY KEY REFERENCES grouping (id),
    parent_id $int NOT NULL REFERENCES grouping (id)
) $strict;
CREATE INDEX sector_tree_by_parent ON sector_tree (parent_id);

-- The sectors that were chosen for an organisation now. It holds these and all above them.
CREATE TABLE sector_choice (
    organisation_id $int NOT NULL REFERENCES organisation (id),
    sector_id $int NOT NULL REFERENCES grouping (id),
    PRIMARY KEY (organisation_id, sector_id)
) $strict;
CREATE INDEX sector_choice_by_sector ON sector_choice (sector_id);
INSERT INTO sector_choice (organisation_id, sector_id)
    SELECT h.holder_id, h.code >> 4 FROM holding h
    WHERE h.holder_kind = 1 AND (h.code & 15) = 4 AND h.until_us IS NULL;

-- One row for each grouping of kind 3. tlp_max: no item above it is for the circle. hidden: told to nobody but its
-- people and the hub's staff, audience_id says the same. by_request: others may ask to be let in.
CREATE TABLE circle (
    id $int PRIMARY KEY REFERENCES grouping (id),
    purpose_en $text NOT NULL,
    purpose_hant $text NOT NULL,
    purpose_hans $text NOT NULL,
    tlp_max $int NOT NULL,
    hidden $int NOT NULL,
    by_request $int NOT NULL,
    audience_id $int NOT NULL REFERENCES audience (id)
) $strict;
$gate(circle);
INSERT INTO circle (id, purpose_en, purpose_hant, purpose_hans, tlp_max, hidden, by_request, audience_id)
    SELECT g.id, '', '', '', 3, 1, 0, g.audience_id FROM grouping g WHERE g.kind = 3;

-- Dated. holder_kind as in holding: 0 a person, 1 an organisation, whose administrators act.
CREATE TABLE circle_owner (
    id $id,
    circle_id $int NOT NULL REFERENCES circle (id),
    holder_kind $int NOT NULL,
    holder_id $int NOT NULL,
    from_us $int NOT NULL,
    until_us $int
) $strict;
CREATE UNIQUE INDEX circle_owner_now ON circle_owner (circle_id, holder_kind, holder_id)
    WHERE until_us IS NULL;

-- kind: 0 asked by the organisation, 1 invited by the circle. state: 0 open, 1 taken, 2 refused, 3 withdrawn.
CREATE TABLE circle_request (
    id $id,
    public_id $text NOT NULL UNIQUE,
    circle_id $int NOT NULL REFERENCES circle (id),
    organisation_id $int NOT NULL REFERENCES organisation (id),
    kind $int NOT NULL,
    state $int NOT NULL,
    asked_by $int NOT NULL,
    asked_us $int NOT NULL,
    reason $text NOT NULL,
    decided_by $int NOT NULL,
    decided_us $int NOT NULL,
    decision $text NOT NULL,
    audience_id $int NOT NULL REFERENCES audience (id)
) $strict;
CREATE UNIQUE INDEX circle_request_open ON circle_request (circle_id, organisation_id) WHERE state = 0;
CREATE INDEX circle_request_by_organisation ON circle_request (organisation_id, state);
$gate(circle_request);

-- A tombstone: what the survivor took over answers under its name.
CREATE TABLE organisation_merged (
    organisation_id $int PRIMARY KEY REFERENCES organisation (id),
    survivor_id $int NOT NULL REFERENCES organisation (id),
    merged_us $int NOT NULL
) $strict;
CREATE INDEX organisation_merged_by_survivor ON organisation_merged (survivor_id);

-- A decision on an organisation's state that waits for a second person. decided_us 0: open.
CREATE TABLE organisation_decision (
    id $id,
    public_id $text NOT NULL UNIQUE,
    organisation_id $int NOT NULL REFERENCES organisation (id),
    state $int NOT NULL,
    reason $text NOT NULL,
    proposed_by $int NOT NULL,
    proposed_us $int NOT NULL,
    decided_by $int NOT NULL,
    decided_us $int NOT NULL,
    taken $int NOT NULL
) $strict;
CREATE UNIQUE INDEX organisation_decision_open ON organisation_decision (organisation_id)
    WHERE decided_us = 0;

-- The right to take one's data along after the end. The link's token is sealed; secret is the hash of what it holds.
CREATE TABLE organisation_export (
    organisation_id $int PRIMARY KEY REFERENCES organisation (id),
    until_us $int NOT NULL,
    downloads $int NOT NULL
) $strict;
