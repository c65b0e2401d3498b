-- SPDX-License-Identifier: Apache-2.0
-- What the community shares. An item and what derives from it carry the same audience.

-- TRUTH. A draft's audience is its author alone; whom it is meant for stands in `chosen` (grant codes,
-- separated by blanks) until it is published, and afterwards tells what the author asked for.
-- published_us is unique and rises with each publishing: it is the order of every list, and the id under
-- which the item stands in the full text, so that a search walks newest first and stops early.
-- import_hash: SHA-256 of what an import made the item from, so that the same again is known.
-- number is empty until the hub gives citable numbers. indicators is DERIVED: how many occurrences of the
-- item can be looked for on a network.
CREATE TABLE item (
    id $id,
    public_id $text NOT NULL UNIQUE,
    number $text NOT NULL,
    audience_id $int NOT NULL REFERENCES audience (id),
    organisation_id $int NOT NULL REFERENCES organisation (id),
    person_id $int NOT NULL REFERENCES person (id),
    kind $int NOT NULL,
    severity $int NOT NULL,
    state $int NOT NULL,
    tlp $int NOT NULL,
    lang $int NOT NULL,
    title $text NOT NULL,
    body $text NOT NULL,
    chosen $text NOT NULL,
    import_hash $bytes,
    indicators $int NOT NULL,
    created_us $int NOT NULL,
    changed_us $int NOT NULL,
    published_us $int,
    released_us $int
) $strict;
CREATE UNIQUE INDEX item_published ON item (published_us) WHERE published_us > 0;
-- Two shapes of the list: walking by time where the viewer sees much (the index has all that decides about
-- a row, so that what is passed over is never read), and audience by audience ($reachable) where they see
-- little. Besides: the author's drafts, the public zone, the release queue.
CREATE INDEX item_by_time ON item (published_us, audience_id, state, kind, severity, tlp);
CREATE INDEX item_by_audience ON item (audience_id, published_us) WHERE state = 1;
CREATE INDEX item_drafts ON item (person_id, id) WHERE state = 0;
CREATE INDEX item_released ON item (published_us) WHERE state = 1 AND released_us IS NOT NULL;
CREATE INDEX item_unreleased ON item (published_us)
    WHERE state = 1 AND tlp = 0 AND released_us IS NULL;
CREATE UNIQUE INDEX item_import ON item (organisation_id, import_hash) WHERE import_hash IS NOT NULL;
$gate(item);
-- DERIVED from title and body of published items (text_index), under published_us. Written with the item for
-- now, so that what was just published is found at once.
$fulltext(item);

-- DERIVED: each value once. Not gated, because a value says nothing about who shared it; but that it is
-- here says something, so it is read only by a join from v_occurrence.
CREATE TABLE indicator (
    id $id,
    kind $int NOT NULL,
    value $text NOT NULL
) $strict;
CREATE UNIQUE INDEX indicator_by_value ON indicator (value, kind);

-- DERIVED from item bodies and STIX objects: exactly one of item_id and object_id (stix_object) is set.
CREATE TABLE occurrence (
    id $id,
    indicator_id $int NOT NULL REFERENCES indicator (id),
    audience_id $int NOT NULL REFERENCES audience (id),
    item_id $int REFERENCES item (id),
    object_id $int,
    seen_us $int NOT NULL
) $strict;
CREATE UNIQUE INDEX occurrence_by_item ON occurrence (item_id, indicator_id)
    WHERE item_id IS NOT NULL;
CREATE UNIQUE INDEX occurrence_by_object ON occurrence (object_id, indicator_id)
    WHERE object_id IS NOT NULL;
CREATE INDEX occurrence_by_indicator ON occurrence (indicator_id, audience_id);
$gate(occurrence);
