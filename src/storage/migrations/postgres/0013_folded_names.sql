-- Names in Unicode's case folding: what lists are searched and sorted by, compared as bytes on both engines.
-- SQL cannot fold, so the program fills the rows that are there already (inventory/name_folding.h); they have none yet.
ALTER TABLE inventory_items ADD COLUMN name_folded TEXT COLLATE "C" NOT NULL DEFAULT '';
DROP INDEX inventory_items_name;
CREATE INDEX inventory_items_name ON inventory_items (tenant_id, name_folded, id);
CREATE INDEX inventory_items_unfolded ON inventory_items (id) WHERE name_folded = '' AND name <> '';
