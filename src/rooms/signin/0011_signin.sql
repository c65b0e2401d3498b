-- SPDX-License-Identifier: Apache-2.0
-- How people show who they are. TRUTH: every table here but passkey_used (DERIVED: what was used within the last
-- minutes). Password and one-time code are in credential (member, 0010).

-- A public key that a browser or a security key of a person keeps the secret half of. credential_id is chosen by the
-- authenticator. algorithm: COSE number, -7 ES256 (public_key: x and y), -8 EdDSA (32 bytes). sign_count: as it was
-- last time; 0 where the authenticator does not count.
CREATE TABLE passkey (
    id $id,
    public_id $text NOT NULL UNIQUE,
    person_id $int NOT NULL REFERENCES person (id),
    credential_id $bytes NOT NULL UNIQUE,
    algorithm $int NOT NULL,
    public_key $bytes NOT NULL,
    sign_count $int NOT NULL,
    name $text NOT NULL,
    created_us $int NOT NULL,
    used_us $int
) $strict;
CREATE INDEX passkey_by_person ON passkey (person_id);

-- Challenges that were answered, until they would be too old anyway: SHA-256 of the sealed state.
CREATE TABLE passkey_used (
    state_hash $bytes PRIMARY KEY,
    until_us $int NOT NULL
) $strict;
CREATE INDEX passkey_used_by_time ON passkey_used (until_us);

-- Ten at a time, each good once instead of a code. 80 random bits each, so that their hash (SHA-256 over person and
-- code) can be kept.
CREATE TABLE recovery_code (
    person_id $int NOT NULL REFERENCES person (id),
    code_hash $bytes NOT NULL,
    made_us $int NOT NULL,
    used_us $int,
    PRIMARY KEY (person_id, code_hash)
) $strict;

-- A browser from which a person has signed in. Its cookie is 256 random bits, of which the hash is kept; it changes
-- with every sign-in. One browser may be known to several people: the same hash, a row each.
CREATE TABLE device (
    id $id,
    public_id $text NOT NULL UNIQUE,
    person_id $int NOT NULL REFERENCES person (id),
    token_hash $bytes NOT NULL,
    agent $text NOT NULL,
    created_us $int NOT NULL,
    seen_us $int NOT NULL,
    ended_us $int
) $strict;
CREATE UNIQUE INDEX device_by_token ON device (token_hash, person_id);
CREATE INDEX device_by_person ON device (person_id, ended_us);

-- Beside session (core): the name by which its person ends it, how it was signed in to and when its person last
-- showed who they are. way: 1 code, 2 passkey after the password, 3 passkey alone, 4 recovery code.
CREATE TABLE session_proof (
    session_id $int PRIMARY KEY REFERENCES session (id) ON DELETE CASCADE,
    public_id $text NOT NULL UNIQUE,
    device_id $int NOT NULL REFERENCES device (id),
    way $int NOT NULL,
    proved_us $int NOT NULL
) $strict;
