-- SPDX-License-Identifier: Apache-2.0
-- Members' networks and what was seen on them. TRUTH: every table here.

-- A claim: seen by its organisation and the hub's staff. address: first address of the block, 16 bytes,
-- IPv4 mapped; bits in that form (192.0.2.0/24 has 120). state: 0 pending, 1 verified, 2 refused.
CREATE TABLE network (
    id $id,
    public_id $text NOT NULL UNIQUE,
    organisation_id $int NOT NULL REFERENCES organisation (id),
    address $bytes NOT NULL,
    bits $int NOT NULL,
    label $text NOT NULL,
    state $int NOT NULL,
    audience_id $int NOT NULL REFERENCES audience (id),
    added_us $int NOT NULL,
    decided_us $int
) $strict;
CREATE UNIQUE INDEX network_once ON network (organisation_id, address, bits);
CREATE INDEX network_by_state ON network (state, id);
$gate(network);

-- One row. Rises with every change to network, in the same transaction: tells whether the match snapshot
-- in memory is the present one.
CREATE TABLE network_version (
    id $int PRIMARY KEY CHECK (id = 1),
    version $int NOT NULL
) $strict;
INSERT INTO network_version (id, version) VALUES (1, 0);

-- What was seen on one address in one day (of UTC), as told to one organisation; organisation_id 0: rival
-- claims, told to the hub's staff alone. port -1: not told. state: 0 new, 1 acknowledged. evidence: sealed,
-- AAD "finding/<public_id>/evidence".
CREATE TABLE finding (
    id $id,
    public_id $text NOT NULL UNIQUE,
    organisation_id $int NOT NULL,
    network_id $int NOT NULL REFERENCES network (id),
    ip $bytes NOT NULL,
    day $int NOT NULL,
    rsit_type $text NOT NULL,
    family $text NOT NULL,
    port $int NOT NULL,
    report $text NOT NULL,
    protocol $text NOT NULL,
    severity $int NOT NULL,
    state $int NOT NULL,
    first_us $int NOT NULL,
    last_us $int NOT NULL,
    count $int NOT NULL,
    evidence $bytes NOT NULL,
    audience_id $int NOT NULL REFERENCES audience (id)
) $strict;
CREATE UNIQUE INDEX finding_once ON finding (ip, day, rsit_type, family, port, organisation_id);
CREATE INDEX finding_by_state ON finding (organisation_id, state, severity, id, audience_id);
CREATE INDEX finding_worst ON finding (organisation_id, severity, id);
CREATE INDEX finding_recent ON finding (organisation_id, last_us, rsit_type, severity, state, audience_id);
CREATE INDEX finding_by_severity ON finding (severity, id);
CREATE INDEX finding_by_network ON finding (network_id);
$gate(finding);

-- Which observations a finding has counted: the first 64 bits of a hash over the line. The same line
-- again, by whatever file it comes, counts once.
CREATE TABLE finding_seen (
    finding_id $int NOT NULL REFERENCES finding (id),
    mark $int NOT NULL,
    PRIMARY KEY (finding_id, mark)
) $strict;

-- When a kind of report last came in, and the newest time in it. What the hub's staff import covers
-- everybody's networks and every member may know of it; a member's own import is theirs and the staff's.
CREATE TABLE report_seen (
    id $id,
    report $text NOT NULL,
    audience_id $int NOT NULL REFERENCES audience (id),
    imported_us $int NOT NULL,
    newest_us $int NOT NULL
) $strict;
CREATE UNIQUE INDEX report_seen_once ON report_seen (report, audience_id);
$gate(report_seen);
