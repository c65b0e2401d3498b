-- SPDX-License-Identifier: Apache-2.0
-- Who is in the community. TRUTH: every table here. What an organisation belongs to (sectors, circles) is
-- told by its holdings (core, 0003).

-- The directory: every member sees every organisation. A name that a language lacks is empty.
-- state: 0 active, 1 suspended, 2 left.
CREATE TABLE organisation (
    id $id,
    public_id $text NOT NULL UNIQUE,
    name_en $text NOT NULL UNIQUE,
    name_hant $text NOT NULL,
    name_hans $text NOT NULL,
    class $int NOT NULL,
    state $int NOT NULL,
    domain $text NOT NULL,
    audience_id $int NOT NULL REFERENCES audience (id),
    created_us $int NOT NULL
) $strict;
CREATE INDEX organisation_by_state ON organisation (state, audience_id);
CREATE INDEX organisation_by_hant ON organisation (name_hant);
CREATE INDEX organisation_by_hans ON organisation (name_hans);
CREATE INDEX organisation_by_domain ON organisation (domain);
$gate(organisation);

-- kind is a grant kind: 3 circle, 4 sector. Sectors are seen by every member, a circle by who is in it and
-- by the hub's staff.
CREATE TABLE grouping (
    id $id,
    public_id $text NOT NULL UNIQUE,
    kind $int NOT NULL,
    name_en $text NOT NULL,
    name_hant $text NOT NULL,
    name_hans $text NOT NULL,
    audience_id $int NOT NULL REFERENCES audience (id),
    created_us $int NOT NULL
) $strict;
CREATE UNIQUE INDEX grouping_by_name ON grouping (kind, name_en);
$gate(grouping);

-- A representative: seen by their own organisation and the hub's staff. email is in lower case.
CREATE TABLE person (
    id $id,
    public_id $text NOT NULL UNIQUE,
    organisation_id $int NOT NULL REFERENCES organisation (id),
    name $text NOT NULL,
    email $text NOT NULL UNIQUE,
    lang $int NOT NULL,
    role $int NOT NULL,
    state $int NOT NULL,
    audience_id $int NOT NULL REFERENCES audience (id),
    created_us $int NOT NULL
) $strict;
CREATE INDEX person_by_organisation ON person (organisation_id);
CREATE INDEX person_by_role ON person (role);
$gate(person);

-- Apart from person, so that what reads people never holds a secret. password_hash: PHC string, empty where
-- there is none yet. totp_sealed: NULL until the person has enrolled. totp_last_step: the last time step
-- whose code was taken; a code is taken once.
CREATE TABLE credential (
    person_id $int PRIMARY KEY REFERENCES person (id),
    password_hash $text NOT NULL,
    totp_sealed $bytes,
    totp_last_step $int NOT NULL
) $strict;

-- Failed sign-ins of the running quarter of an hour. kind: 0 account, 1 network. who: SHA-256 of the e-mail
-- address that was typed (whether or not there is such an account), or of the network.
CREATE TABLE signin_throttle (
    kind $int NOT NULL,
    who $bytes NOT NULL,
    since_us $int NOT NULL,
    fails $int NOT NULL,
    PRIMARY KEY (kind, who)
) $strict;
CREATE INDEX signin_throttle_by_time ON signin_throttle (since_us);
