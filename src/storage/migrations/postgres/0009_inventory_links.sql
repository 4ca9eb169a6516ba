-- What objects refer to: by the id that Graph gives, because the other one may be listed later, or never.
CREATE TABLE inventory_links (
  item_id BIGINT NOT NULL REFERENCES inventory_items (id) ON DELETE CASCADE,
  tenant_id BIGINT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  property TEXT NOT NULL,
  target_id TEXT NOT NULL,
  PRIMARY KEY (item_id, property, target_id)
);
CREATE INDEX inventory_links_target ON inventory_links (tenant_id, target_id, item_id, property);
-- Tells whether an item's links have changed without reading them.
ALTER TABLE inventory_items ADD COLUMN links_digest TEXT NOT NULL DEFAULT '';
-- Targets are looked up by their id alone.
DROP INDEX inventory_items_external;
CREATE UNIQUE INDEX inventory_items_external ON inventory_items (tenant_id, external_id, type);
