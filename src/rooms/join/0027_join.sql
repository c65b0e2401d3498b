-- SPDX-License-Identifier: Apache-2.0
-- From the public form to an active organisation. TRUTH: every table here.

-- One application. route: 0 founding, 1 open, 2 sponsored, 3 trusted. state: see join_int.h. since_us: in this state.
-- What members may read while they are asked (vouching, objection window) is in this row; people are in
-- application_person, for the desk alone. domains, networks: a line each. sectors: public ids, a blank between.
-- proof: 0 none, 1 mail to the domain, 2 DNS by the hub's resolver, 3 DNS by the desk. claimed_by, sponsor_id,
-- organisation_id: 0 where there is none. alike: resembles a member, as of when it was submitted.
CREATE TABLE application (
    id $id,
    public_id $text NOT NULL UNIQUE,
    route $int NOT NULL,
    state $int NOT NULL,
    since_us $int NOT NULL,
    created_us $int NOT NULL,
    lang $int NOT NULL,
    name_en $text NOT NULL,
    name_hant $text NOT NULL,
    name_hans $text NOT NULL,
    registration $text NOT NULL,
    class $int NOT NULL,
    size $int NOT NULL,
    domain $text NOT NULL,
    domains $text NOT NULL,
    networks $text NOT NULL,
    sectors $text NOT NULL,
    company_group $text NOT NULL,
    why $text NOT NULL,
    sponsor_id $int NOT NULL,
    alike $int NOT NULL,
    claimed_by $int NOT NULL,
    claimed_us $int NOT NULL,
    proof $int NOT NULL,
    proof_us $int NOT NULL,
    proof_what $text NOT NULL,
    dns_value $text NOT NULL,
    registered_us $int NOT NULL,
    registered_what $text NOT NULL,
    objections_until_us $int NOT NULL,
    signed_us $int NOT NULL,
    signed_name $text NOT NULL,
    signed_title $text NOT NULL,
    organisation_id $int NOT NULL,
    reason $text NOT NULL,
    audience_id $int NOT NULL REFERENCES audience (id)
) $strict;
CREATE INDEX application_by_state ON application (state, since_us);
CREATE INDEX application_by_sponsor ON application (sponsor_id, id);
$gate(application);

-- kind: 0 who applies, 1 emergency contact, 2 representative. signatory: signs for the organisation.
CREATE TABLE application_person (
    id $id,
    application_id $int NOT NULL REFERENCES application (id),
    kind $int NOT NULL,
    name $text NOT NULL,
    email $text NOT NULL,
    phone $text NOT NULL,
    role $int NOT NULL,
    signatory $int NOT NULL,
    audience_id $int NOT NULL REFERENCES audience (id)
) $strict;
CREATE INDEX application_person_by_application ON application_person (application_id, kind, id);
$gate(application_person);

-- What people have said about an application: kind 0 vouches, 1 objects, 2 decides. state: in which it was said.
-- An organisation vouches once, a person objects and decides once in a state.
CREATE TABLE application_word (
    id $id,
    application_id $int NOT NULL REFERENCES application (id),
    kind $int NOT NULL,
    state $int NOT NULL,
    person_id $int NOT NULL REFERENCES person (id),
    organisation_id $int NOT NULL REFERENCES organisation (id),
    aye $int NOT NULL,
    reason $text NOT NULL,
    at_us $int NOT NULL,
    audience_id $int NOT NULL REFERENCES audience (id)
) $strict;
CREATE UNIQUE INDEX application_word_once ON application_word (application_id, kind, state, person_id);
$gate(application_word);

-- Links by mail. hash: of the token; sealed: the token for the mail that carries it, emptied when the link ends.
-- kind: 0 progress, 1 confirm, 2 proof of the domain, 3 sign. ended_us: used, replaced, or what it stood for is over.
CREATE TABLE join_link (
    id $id,
    application_id $int NOT NULL REFERENCES application (id),
    kind $int NOT NULL,
    email $text NOT NULL,
    hash $bytes NOT NULL UNIQUE,
    sealed $bytes NOT NULL,
    until_us $int NOT NULL,
    ended_us $int NOT NULL
) $strict;
CREATE INDEX join_link_by_application ON join_link (application_id, kind);

-- Mails to be written, one ledger event each (the object is public_id). link_id: 0 for none.
CREATE TABLE join_mail (
    id $id,
    public_id $text NOT NULL UNIQUE,
    application_id $int NOT NULL REFERENCES application (id),
    kind $int NOT NULL,
    lang $int NOT NULL,
    name $text NOT NULL,
    email $text NOT NULL,
    link_id $int NOT NULL,
    at_us $int NOT NULL
) $strict;
CREATE INDEX join_mail_by_application ON join_mail (application_id, kind);

-- Drafts and mails asked for from one network in the running hour. who: SHA-256 of the network.
CREATE TABLE join_throttle (
    who $bytes PRIMARY KEY,
    since_us $int NOT NULL,
    n $int NOT NULL
) $strict;

-- A list that was looked at and may be taken, once, by the same person. artifact_id: the file as received.
CREATE TABLE join_import (
    id $id,
    public_id $text NOT NULL UNIQUE,
    person_id $int NOT NULL REFERENCES person (id),
    sponsor_id $int NOT NULL,
    artifact_id $int NOT NULL,
    made_us $int NOT NULL,
    taken_us $int NOT NULL
) $strict;
