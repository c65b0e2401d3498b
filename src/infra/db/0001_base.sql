-- SPDX-License-Identifier: Apache-2.0
-- What the database layer itself keeps. TRUTH.

-- The write lane's clock: times that it hands out rise over restarts too, whatever the wall clock does.
CREATE TABLE lane_clock (
    id $int PRIMARY KEY CHECK (id = 1),
    last_us $int NOT NULL
) $strict;
INSERT INTO lane_clock (id, last_us) VALUES (1, 0);

-- Small facts that the hub keeps about itself and that belong to no room.
CREATE TABLE setting (
    name $text NOT NULL PRIMARY KEY,
    value $text NOT NULL
) $strict;
