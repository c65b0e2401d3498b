-- SPDX-License-Identifier: Apache-2.0
-- The people of organisations: changing, leaving, coming back, standing in for another. TRUTH: every table here.

-- What belongs to a key beside its scopes. networks: prefixes with blanks between them, empty: from anywhere.
-- rests: 1 while its person is suspended. used_from: the network (/24, /64) of the last use. warned_us: its end
-- was announced. replaced_us: another key took its place, it lives on until it expires.
ALTER TABLE api_key ADD COLUMN networks $text NOT NULL DEFAULT '';
ALTER TABLE api_key ADD COLUMN rests $int NOT NULL DEFAULT 0;
ALTER TABLE api_key ADD COLUMN used_from $text NOT NULL DEFAULT '';
ALTER TABLE api_key ADD COLUMN warned_us $int;
ALTER TABLE api_key ADD COLUMN replaced_us $int;
CREATE INDEX api_key_by_end ON api_key (expires_us);

-- Who has left gives the address free (person.email is unique): it is kept here. by_id: 0 the hub itself.
CREATE TABLE person_left (
    person_id $int PRIMARY KEY REFERENCES person (id),
    email $text NOT NULL,
    reason $text NOT NULL,
    by_id $int NOT NULL,
    left_us $int NOT NULL
) $strict;
CREATE INDEX person_left_by_email ON person_left (email, left_us);

-- Why somebody cannot sign in for now. by_desk: 1: an organisation's administrator cannot undo it.
CREATE TABLE person_suspended (
    person_id $int PRIMARY KEY REFERENCES person (id),
    by_desk $int NOT NULL,
    by_id $int NOT NULL,
    reason $text NOT NULL,
    since_us $int NOT NULL
) $strict;

-- An address that waits for its owner's word. nonce: what the link in the mail holds, sealed; asking again
-- makes another, and the old link is worth nothing.
CREATE TABLE person_mail (
    person_id $int PRIMARY KEY REFERENCES person (id),
    email $text NOT NULL,
    nonce $bytes NOT NULL,
    by_id $int NOT NULL,
    until_us $int NOT NULL
) $strict;

-- The administrator's role, offered by who has it to a colleague; one offer of an organisation at a time.
CREATE TABLE admin_offer (
    organisation_id $int PRIMARY KEY REFERENCES organisation (id),
    from_id $int NOT NULL REFERENCES person (id),
    to_id $int NOT NULL REFERENCES person (id),
    until_us $int NOT NULL
) $strict;

-- One row, made by the first run of the job: what was before is not known, so nobody is called dormant and no
-- review is due before the hub has watched for as long as the settings say.
CREATE TABLE people_clock (
    id $int PRIMARY KEY CHECK (id = 1),
    since_us $int NOT NULL
) $strict;
-- Who was told that the account will be closed. kept: 1 it is the last one of its organisation and stays.
-- nonce: of the link by which a reader of mails alone says "I am here".
CREATE TABLE person_notice (
    person_id $int PRIMARY KEY REFERENCES person (id),
    noticed_us $int NOT NULL,
    kept $int NOT NULL,
    nonce $bytes NOT NULL
) $strict;
-- Signs of life that leave no trace elsewhere: the answer to a mail.
CREATE TABLE person_sign (
    person_id $int PRIMARY KEY REFERENCES person (id),
    at_us $int NOT NULL
) $strict;

-- The yearly review of who is still there. answer: 0 none yet, 1 here, 2 has left, 3 suspended at the end.
-- desk: 1: an administrator, confirmed by the hub's desk.
CREATE TABLE review (
    id $id,
    public_id $text NOT NULL UNIQUE,
    opened_us $int NOT NULL,
    due_us $int NOT NULL,
    closed_us $int
) $strict;
CREATE TABLE review_line (
    review_id $int NOT NULL REFERENCES review (id),
    person_id $int NOT NULL REFERENCES person (id),
    organisation_id $int NOT NULL REFERENCES organisation (id),
    desk $int NOT NULL,
    answer $int NOT NULL,
    answered_us $int,
    by_id $int NOT NULL,
    PRIMARY KEY (review_id, person_id)
) $strict;
CREATE INDEX review_line_open ON review_line (review_id, answer, organisation_id);
-- stage: 0 opened, 1 two weeks left, 2 three days left. organisation_id 0: the desk.
CREATE TABLE review_told (
    review_id $int NOT NULL REFERENCES review (id),
    organisation_id $int NOT NULL,
    stage $int NOT NULL,
    PRIMARY KEY (review_id, organisation_id, stage)
) $strict;

-- A member lets another act for it. scopes: bits, see member_delegate.h. Seen by both and the hub's staff.
CREATE TABLE delegation (
    id $id,
    public_id $text NOT NULL UNIQUE,
    customer_id $int NOT NULL REFERENCES organisation (id),
    provider_id $int NOT NULL REFERENCES organisation (id),
    scopes $int NOT NULL,
    from_us $int NOT NULL,
    until_us $int NOT NULL,
    ended_us $int,
    ended_by $int NOT NULL,
    audience_id $int NOT NULL REFERENCES audience (id)
) $strict;
CREATE UNIQUE INDEX delegation_now ON delegation (customer_id, provider_id) WHERE ended_us IS NULL;
CREATE INDEX delegation_by_provider ON delegation (provider_id, ended_us);
CREATE INDEX delegation_by_end ON delegation (ended_us, until_us);
$gate(delegation);
