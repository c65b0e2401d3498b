-- SPDX-License-Identifier: Apache-2.0
-- What became of objects that a client added, for a day.

-- DERIVED from the import that it tells of; body is the status resource as it was answered.
CREATE TABLE taxii_status (
    id $id,
    public_id $text NOT NULL UNIQUE,
    audience_id $int NOT NULL REFERENCES audience (id),
    created_us $int NOT NULL,
    body $text NOT NULL
) $strict;
CREATE INDEX taxii_status_by_age ON taxii_status (created_us);
$gate(taxii_status);
