-- SPDX-License-Identifier: Apache-2.0
-- Work to be done outside of requests. TRUTH.

CREATE TABLE job (
    id $id,
    public_id $text NOT NULL UNIQUE,
    kind $text NOT NULL,
    key $text,
    args $bytes NOT NULL,
    state $bytes NOT NULL,
    -- 0 waiting, 1 to be tried again, 2 running, 3 done, 4 failed (enum job_phase)
    phase $int NOT NULL CHECK (phase BETWEEN 0 AND 4),
    tries $int NOT NULL,
    run_at_us $int NOT NULL,
    -- until when the runner that holds TOKEN has it
    lease_us $int NOT NULL,
    token $text NOT NULL,
    done $int NOT NULL,
    total $int NOT NULL,
    text $text NOT NULL,
    message $text NOT NULL,
    made_us $int NOT NULL,
    ended_us $int NOT NULL
) $strict;

CREATE UNIQUE INDEX job_key ON job (kind, key) WHERE phase = 0 AND key IS NOT NULL;
CREATE UNIQUE INDEX job_key_running ON job (kind, key) WHERE phase = 2 AND key IS NOT NULL;
CREATE INDEX job_due ON job (run_at_us, id) WHERE phase IN (0, 1);
CREATE INDEX job_lease ON job (lease_us) WHERE phase = 2;
CREATE INDEX job_phase ON job (phase, id);
