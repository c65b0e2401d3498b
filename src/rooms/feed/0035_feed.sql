-- SPDX-License-Identifier: Apache-2.0
-- What was imported. TRUTH.

-- One row for each file (artifact, which is its owner's) and what it was read as. done_us is NULL while an
-- import runs and after one that was interrupted: the next one of the same file goes through all of it again,
-- which changes nothing that is there.
CREATE TABLE file_import (
    id $id,
    public_id $text NOT NULL UNIQUE,
    artifact_id $int NOT NULL REFERENCES artifact (id),
    kind $text NOT NULL,
    person_id $int NOT NULL,
    audience_id $int NOT NULL REFERENCES audience (id),
    taken $int NOT NULL,
    refused $int NOT NULL,
    started_us $int NOT NULL,
    done_us $int
) $strict;
CREATE UNIQUE INDEX file_import_once ON file_import (artifact_id, kind);
$gate(file_import);
