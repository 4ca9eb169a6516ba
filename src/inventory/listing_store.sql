-- name: listing_begin
INSERT INTO inventory_listings (tenant_id, connection_id, latest) VALUES (:tenant_id, :connection_id, 1)
ON CONFLICT (tenant_id, connection_id) DO UPDATE SET latest = inventory_listings.latest + 1
RETURNING latest
-- name: listing_lock @sqlite
SELECT latest FROM inventory_listings WHERE tenant_id = :tenant_id AND connection_id = :connection_id
-- name: listing_lock @postgres
SELECT latest FROM inventory_listings WHERE tenant_id = :tenant_id AND connection_id = :connection_id FOR UPDATE
-- name: listing_listed
SELECT listed_listing FROM inventory_coverage
WHERE tenant_id = :tenant_id AND connection_id = :connection_id AND type = :type
-- name: items_known @sqlite
SELECT external_id, name, meta, links_digest, listing FROM inventory_items
WHERE tenant_id = :tenant_id AND connection_id = :connection_id AND type = :type
  AND external_id IN (SELECT value FROM json_each(:ids))
-- name: items_known @postgres
SELECT external_id, name, meta, links_digest, listing FROM inventory_items
WHERE tenant_id = :tenant_id AND connection_id = :connection_id AND type = :type
  AND external_id IN (SELECT value FROM jsonb_array_elements_text(:ids))
-- name: items_upsert @sqlite
INSERT INTO inventory_items (tenant_id, connection_id, type, external_id, name, name_folded, platform, meta,
                             links_digest, first_seen_at, last_seen_at, last_seen_run_id, listing)
SELECT :tenant_id, :connection_id, :type, value ->> '$.id', value ->> '$.name', value ->> '$.folded',
       value ->> '$.platform', value -> '$.meta', value ->> '$.links_digest', :now, :now, :run_id, :listing
FROM json_each(:items) WHERE true
ON CONFLICT (tenant_id, connection_id, type, external_id) DO UPDATE SET
  name = excluded.name, name_folded = excluded.name_folded, platform = excluded.platform, meta = excluded.meta,
  links_digest = excluded.links_digest,
  last_seen_at = excluded.last_seen_at, last_seen_run_id = excluded.last_seen_run_id,
  listing = excluded.listing, gone_since = NULL
WHERE inventory_items.listing <= excluded.listing
-- name: items_upsert @postgres
INSERT INTO inventory_items (tenant_id, connection_id, type, external_id, name, name_folded, platform, meta,
                             links_digest, first_seen_at, last_seen_at, last_seen_run_id, listing)
SELECT :tenant_id, :connection_id, :type, i.id, i.name, i.folded, i.platform, i.meta, i.links_digest, :now, :now,
       :run_id, :listing
FROM jsonb_to_recordset(:items) AS i(id TEXT, name TEXT, folded TEXT, platform TEXT, meta JSONB, links_digest TEXT)
ON CONFLICT (tenant_id, connection_id, type, external_id) DO UPDATE SET
  name = excluded.name, name_folded = excluded.name_folded, platform = excluded.platform, meta = excluded.meta,
  links_digest = excluded.links_digest,
  last_seen_at = excluded.last_seen_at, last_seen_run_id = excluded.last_seen_run_id,
  listing = excluded.listing, gone_since = NULL
WHERE inventory_items.listing <= excluded.listing
-- name: items_unseen
SELECT external_id FROM inventory_items
WHERE tenant_id = :tenant_id AND connection_id = :connection_id AND type = :type AND external_id > :after
  AND listing < :listing AND gone_since IS NULL
ORDER BY external_id LIMIT :limit
-- name: items_gone @sqlite
UPDATE inventory_items SET gone_since = :now
WHERE tenant_id = :tenant_id AND connection_id = :connection_id AND type = :type
  AND external_id IN (SELECT value FROM json_each(:ids)) AND listing < :listing AND gone_since IS NULL
RETURNING external_id
-- name: items_gone @postgres
UPDATE inventory_items SET gone_since = :now
WHERE tenant_id = :tenant_id AND connection_id = :connection_id AND type = :type
  AND external_id IN (SELECT value FROM jsonb_array_elements_text(:ids)) AND listing < :listing AND gone_since IS NULL
RETURNING external_id
-- name: changes_record @sqlite
INSERT INTO inventory_changes (sync_run_id, item_id, tenant_id, change)
SELECT s.id, i.id, i.tenant_id, c.value ->> '$.change'
FROM inventory_sync_runs s
-- CROSS keeps the order: otherwise all objects of the type are looked at.
CROSS JOIN json_each(:changes) c
CROSS JOIN inventory_items i ON i.tenant_id = :tenant_id AND i.connection_id = :connection_id AND i.type = :type
  AND i.external_id = c.value ->> '$.id'
WHERE s.tenant_id = :tenant_id AND s.operation_run_id = :run_id
ON CONFLICT (sync_run_id, item_id) DO UPDATE SET change = excluded.change
WHERE NOT (inventory_changes.change = 'new' AND excluded.change = 'changed')
-- name: changes_record @postgres
INSERT INTO inventory_changes (sync_run_id, item_id, tenant_id, change)
SELECT s.id, i.id, i.tenant_id, c.change
FROM jsonb_to_recordset(:changes) AS c(id TEXT, change TEXT)
JOIN inventory_items i ON i.tenant_id = :tenant_id AND i.connection_id = :connection_id AND i.type = :type
  AND i.external_id = c.id
JOIN inventory_sync_runs s ON s.tenant_id = :tenant_id AND s.operation_run_id = :run_id
ON CONFLICT (sync_run_id, item_id) DO UPDATE SET change = excluded.change
WHERE NOT (inventory_changes.change = 'new' AND excluded.change = 'changed')
-- name: changes_forget @sqlite
DELETE FROM inventory_changes WHERE rowid IN
  (SELECT c.rowid FROM inventory_changes c WHERE c.tenant_id = :tenant_id AND c.sync_run_id =
    (SELECT s.id FROM inventory_sync_runs s
     WHERE s.tenant_id = :tenant_id AND s.operation_run_id IS NULL AND s.id =
       (SELECT MIN(o.sync_run_id) FROM inventory_changes o WHERE o.tenant_id = :tenant_id))
   LIMIT :limit)
-- name: changes_forget @postgres
DELETE FROM inventory_changes WHERE (sync_run_id, item_id) IN
  (SELECT c.sync_run_id, c.item_id FROM inventory_changes c WHERE c.tenant_id = :tenant_id AND c.sync_run_id =
    (SELECT s.id FROM inventory_sync_runs s
     WHERE s.tenant_id = :tenant_id AND s.operation_run_id IS NULL AND s.id =
       (SELECT MIN(o.sync_run_id) FROM inventory_changes o WHERE o.tenant_id = :tenant_id))
   LIMIT :limit)
-- name: coverage_attempted
INSERT INTO inventory_coverage (tenant_id, connection_id, type, attempted_at, attempted_run_id, attempted_listing, code,
                                listed_count)
VALUES (:tenant_id, :connection_id, :type, :now, :run_id, :listing, :code, 0)
ON CONFLICT (tenant_id, connection_id, type) DO UPDATE SET
  attempted_at = excluded.attempted_at, attempted_run_id = excluded.attempted_run_id,
  attempted_listing = excluded.attempted_listing, code = excluded.code
WHERE inventory_coverage.attempted_listing <= excluded.attempted_listing
-- name: coverage_listed
UPDATE inventory_coverage
SET listed_at = :now, listed_run_id = :run_id, listed_listing = :listing, listed_count = :count
WHERE tenant_id = :tenant_id AND connection_id = :connection_id AND type = :type AND listed_listing < :listing
