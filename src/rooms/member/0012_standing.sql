-- SPDX-License-Identifier: Apache-2.0
-- How far an organisation is trusted, and to whom it belongs. TRUTH.
-- standing: 0 open (came by the open or sponsored route: what is for everybody), 1 trusted (vouched for: may be in
-- circles that share AMBER). Who was there before is trusted.
-- company_group: the group of companies, as members write it; empty: none. sponsor_id: the association that enlisted
-- it; 0: none. association: may enlist its own members.
ALTER TABLE organisation ADD COLUMN standing $int NOT NULL DEFAULT 1;
ALTER TABLE organisation ADD COLUMN company_group $text NOT NULL DEFAULT '';
ALTER TABLE organisation ADD COLUMN sponsor_id $int NOT NULL DEFAULT 0;
ALTER TABLE organisation ADD COLUMN association $int NOT NULL DEFAULT 0;
