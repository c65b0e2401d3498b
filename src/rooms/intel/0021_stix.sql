-- SPDX-License-Identifier: Apache-2.0
-- STIX objects: what came in, object by object as received, and what items became for machines.

-- TRUTH but for what is marked. One row for each (owner, stix_id, version, content). The row is narrow and its bytes lie in
-- stix_body, because a new version marks the one before it, and because walking past a row must not
-- read its bytes.
-- id is given by stix_last and not by the database, so that a batch asks once; it is never given
-- again. added_us rises strictly with id.
-- stix_key: the first 8 bytes of SHA-256 of stix_id: the index stays small where every import hits it
-- at random. content_key: the same of the content. Both only find; stix_id is always compared.
-- version: `modified`, else `created`, as received; empty where there is neither (version_us 0).
-- superseded (DERIVED): the same owner has a newer version under the same audience, so nobody who sees
-- this row sees it as the last. contested (DERIVED): rows of this stix_key differ in owner or audience
-- or share a version, so what is last depends on who asks and has to be looked up.
-- item_id: made from that item; artifact_id: cut out of that file.
CREATE TABLE stix_object (
    id $int PRIMARY KEY,
    audience_id $int NOT NULL REFERENCES audience (id),
    owner_id $int NOT NULL,
    superseded $int NOT NULL,
    contested $int NOT NULL,
    stix_key $int NOT NULL,
    version_us $int NOT NULL,
    content_key $int NOT NULL,
    added_us $int NOT NULL,
    stix_id $text NOT NULL,
    type $text NOT NULL,
    version $text NOT NULL,
    spec_version $text NOT NULL,
    artifact_id $int REFERENCES artifact (id),
    item_id $int REFERENCES item (id),
    hash $bytes NOT NULL
) $strict;
CREATE UNIQUE INDEX stix_object_by_key
    ON stix_object (stix_key, owner_id, version_us, content_key);
-- Where a viewer sees few rows, or asks for types: stream by stream, see stix_stream.
CREATE INDEX stix_object_by_stream ON stix_object (audience_id, type, superseded, id);
CREATE INDEX stix_object_by_item ON stix_object (item_id) WHERE item_id IS NOT NULL;
$gate(stix_object);

-- TRUTH. The bytes as received; audience_id is the object's.
CREATE TABLE stix_body (
    id $int PRIMARY KEY REFERENCES stix_object (id) DEFERRABLE INITIALLY DEFERRED,
    audience_id $int NOT NULL,
    bytes $bytes NOT NULL
) $strict;
$gate(stix_body);

-- DERIVED: which types there are for an audience, and the last object of each, so that a reader who is
-- up to date asks no stream in vain.
CREATE TABLE stix_stream (
    audience_id $int NOT NULL,
    type $text NOT NULL,
    last_id $int NOT NULL,
    PRIMARY KEY (audience_id, type)
) $strict;
$gate(stix_stream);

-- TRUTH: the last id and time of adding that were given, also where that row is gone.
CREATE TABLE stix_last (
    id $int PRIMARY KEY CHECK (id = 1),
    last_id $int NOT NULL,
    last_added_us $int NOT NULL
) $strict;
INSERT INTO stix_last (id, last_id, last_added_us) VALUES (1, 0, 0);
