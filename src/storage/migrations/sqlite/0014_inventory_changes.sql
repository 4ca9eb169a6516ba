-- An object is told by its tenant, connection, type and id: scope tag "0" of two Entra tenants is two objects. What was
-- kept under one connection so far stays there.
DROP INDEX inventory_items_external;
CREATE UNIQUE INDEX inventory_items_identity ON inventory_items (tenant_id, connection_id, type, external_id);
-- Targets of links are looked up by their id alone.
CREATE INDEX inventory_items_external ON inventory_items (tenant_id, connection_id, external_id);

-- Listings of a connection are numbered in the order in which they begin: what a later one saw, an earlier one does not
-- overwrite, whenever it ends.
CREATE TABLE inventory_listings (
  tenant_id INTEGER NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  connection_id INTEGER NOT NULL REFERENCES provider_connections (id) ON DELETE CASCADE,
  latest INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, connection_id)
);
-- The listing that saw an object last, and since when the object is known to be gone.
ALTER TABLE inventory_items ADD COLUMN listing INTEGER NOT NULL DEFAULT 0;
ALTER TABLE inventory_items ADD COLUMN gone_since INTEGER;
CREATE INDEX inventory_items_gone ON inventory_items (tenant_id, gone_since) WHERE gone_since IS NOT NULL;
-- The listings that attempted_at and listed_at tell of; 0: none.
ALTER TABLE inventory_coverage ADD COLUMN attempted_listing INTEGER NOT NULL DEFAULT 0;
ALTER TABLE inventory_coverage ADD COLUMN listed_listing INTEGER NOT NULL DEFAULT 0;

-- What was known before counts as listing 1.
INSERT INTO inventory_listings (tenant_id, connection_id, latest)
SELECT DISTINCT tenant_id, connection_id, 1 FROM inventory_coverage;
UPDATE inventory_coverage SET attempted_listing = 1, listed_listing = CASE WHEN listed_at IS NULL THEN 0 ELSE 1 END;
UPDATE inventory_items SET listing = 1 WHERE NOT EXISTS
  (SELECT 1 FROM inventory_coverage c
   WHERE c.tenant_id = inventory_items.tenant_id AND c.connection_id = inventory_items.connection_id
     AND c.type = inventory_items.type AND c.listed_at > inventory_items.last_seen_at);
UPDATE inventory_items SET gone_since =
  (SELECT c.listed_at FROM inventory_coverage c
   WHERE c.tenant_id = inventory_items.tenant_id AND c.connection_id = inventory_items.connection_id
     AND c.type = inventory_items.type)
WHERE listing = 0;

-- What a sync found new, changed or gone, type by type and object by object; the objects of a type's first reading are
-- counted only.
ALTER TABLE inventory_sync_types ADD COLUMN new_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE inventory_sync_types ADD COLUMN changed_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE inventory_sync_types ADD COLUMN gone_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE inventory_sync_types ADD COLUMN first_reading INTEGER NOT NULL DEFAULT 0;
CREATE TABLE inventory_changes (
  sync_run_id INTEGER NOT NULL REFERENCES inventory_sync_runs (id) ON DELETE CASCADE,
  item_id INTEGER NOT NULL REFERENCES inventory_items (id) ON DELETE CASCADE,
  tenant_id INTEGER NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  change TEXT NOT NULL CHECK (change IN ('new', 'changed', 'gone')),
  PRIMARY KEY (sync_run_id, item_id)
);
CREATE INDEX inventory_changes_item ON inventory_changes (item_id);
CREATE INDEX inventory_changes_tenant ON inventory_changes (tenant_id, sync_run_id);
CREATE INDEX inventory_sync_runs_tenant ON inventory_sync_runs (tenant_id, id);
