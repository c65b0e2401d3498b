-- SPDX-License-Identifier: Apache-2.0
-- Terms, who accepted them, and until when a membership lasts. TRUTH: every table here.

-- state: 0 draft, 1 proposed (waits for a second person), 2 announced, 3 in force, 4 superseded. At most one is
-- below 2 and at most one is 3. From 2 on number, effective_us, texts and hash never change, and anybody may
-- read them; before, the hub's staff. hash: terms_canonical(). A text that a language lacks is empty.
CREATE TABLE terms_version (
    id $id,
    public_id $text NOT NULL UNIQUE,
    number $int NOT NULL UNIQUE,
    state $int NOT NULL,
    effective_us $int NOT NULL,
    text_en $text NOT NULL,
    text_hant $text NOT NULL,
    text_hans $text NOT NULL,
    hash $bytes NOT NULL,
    proposed_by $int NOT NULL,
    announced_us $int NOT NULL,
    audience_id $int NOT NULL REFERENCES audience (id),
    created_us $int NOT NULL
) $strict;
CREATE INDEX terms_version_by_state ON terms_version (state);
$gate(terms_version);

-- kind: 0 a person accepted for themselves, 1 the signatory signed for the organisation; subject_id is the
-- person or the organisation. Names are kept as they were. lang: in which the text was shown. Seen by the
-- person, the administrators of the organisation and the hub's staff.
CREATE TABLE terms_acceptance (
    id $id,
    public_id $text NOT NULL UNIQUE,
    kind $int NOT NULL,
    subject_id $int NOT NULL,
    version_id $int NOT NULL REFERENCES terms_version (id),
    hash $bytes NOT NULL,
    lang $int NOT NULL,
    person_id $int NOT NULL REFERENCES person (id),
    person_name $text NOT NULL,
    organisation_id $int NOT NULL REFERENCES organisation (id),
    organisation_name $text NOT NULL,
    audience_id $int NOT NULL REFERENCES audience (id),
    at_us $int NOT NULL
) $strict;
CREATE UNIQUE INDEX terms_acceptance_once ON terms_acceptance (version_id, kind, subject_id);
CREATE INDEX terms_acceptance_by_person ON terms_acceptance (person_id);
CREATE INDEX terms_acceptance_by_organisation ON terms_acceptance (organisation_id);
$gate(terms_acceptance);

-- Until when an organisation is a member; no row: without end. ended: holds the limit "expired".
CREATE TABLE membership (
    organisation_id $int PRIMARY KEY REFERENCES organisation (id),
    valid_until_us $int NOT NULL,
    ended $int NOT NULL,
    reason $text NOT NULL,
    set_by $int NOT NULL,
    set_us $int NOT NULL,
    audience_id $int NOT NULL REFERENCES audience (id)
) $strict;
CREATE INDEX membership_by_time ON membership (ended, valid_until_us);
$gate(membership);

-- Which reminders have been sent, so that each is sent once. kind: 0 terms (subject: version), 1 membership
-- (subject: organisation). due_us: the moment that is reminded of. days: before it; 0: by hand, the last time.
CREATE TABLE terms_reminder (
    kind $int NOT NULL,
    subject_id $int NOT NULL,
    due_us $int NOT NULL,
    days $int NOT NULL,
    at_us $int NOT NULL,
    PRIMARY KEY (kind, subject_id, due_us, days)
) $strict;
