-- name: items_known @sqlite
SELECT external_id, name, platform, meta, links_digest FROM inventory_items
WHERE tenant_id = :tenant_id AND type = :type AND external_id IN (SELECT value FROM json_each(:ids))
-- name: items_known @postgres
SELECT external_id, name, platform, meta, links_digest FROM inventory_items
WHERE tenant_id = :tenant_id AND type = :type AND external_id IN (SELECT value FROM jsonb_array_elements_text(:ids))
-- name: items_upsert @sqlite
INSERT INTO inventory_items (tenant_id, connection_id, type, external_id, name, name_folded, platform, meta,
                             links_digest, first_seen_at, last_seen_at, last_seen_run_id)
SELECT :tenant_id, :connection_id, :type, value ->> '$.id', value ->> '$.name', value ->> '$.folded',
       value ->> '$.platform', value -> '$.meta', value ->> '$.links_digest', :now, :now, :run_id
FROM json_each(:items) WHERE true
ON CONFLICT (tenant_id, type, external_id) DO UPDATE SET
  connection_id = excluded.connection_id, name = excluded.name, platform = excluded.platform, meta = excluded.meta,
  name_folded = excluded.name_folded, links_digest = excluded.links_digest,
  last_seen_at = excluded.last_seen_at, last_seen_run_id = excluded.last_seen_run_id
-- name: items_upsert @postgres
INSERT INTO inventory_items (tenant_id, connection_id, type, external_id, name, name_folded, platform, meta,
                             links_digest, first_seen_at, last_seen_at, last_seen_run_id)
SELECT :tenant_id, :connection_id, :type, i.id, i.name, i.folded, i.platform, i.meta, i.links_digest, :now, :now,
       :run_id
FROM jsonb_to_recordset(:items) AS i(id TEXT, name TEXT, folded TEXT, platform TEXT, meta JSONB, links_digest TEXT)
ON CONFLICT (tenant_id, type, external_id) DO UPDATE SET
  connection_id = excluded.connection_id, name = excluded.name, platform = excluded.platform, meta = excluded.meta,
  name_folded = excluded.name_folded, links_digest = excluded.links_digest,
  last_seen_at = excluded.last_seen_at, last_seen_run_id = excluded.last_seen_run_id
-- name: coverage_listed
INSERT INTO inventory_coverage (tenant_id, connection_id, type, attempted_at, attempted_run_id, code, listed_at,
  listed_run_id,
                                listed_count)
VALUES (:tenant_id, :connection_id, :type, :now, :run_id, '', :now, :run_id, :count)
ON CONFLICT (tenant_id, connection_id, type) DO UPDATE SET
  attempted_at = excluded.attempted_at, attempted_run_id = excluded.attempted_run_id, code = '',
  listed_at = excluded.listed_at, listed_run_id = excluded.listed_run_id, listed_count = excluded.listed_count
-- name: coverage_failed
INSERT INTO inventory_coverage (tenant_id, connection_id, type, attempted_at, attempted_run_id, code, listed_count)
VALUES (:tenant_id, :connection_id, :type, :now, :run_id, :code, 0)
ON CONFLICT (tenant_id, connection_id, type) DO UPDATE SET
  attempted_at = excluded.attempted_at, attempted_run_id = excluded.attempted_run_id, code = excluded.code
-- name: coverage_of
SELECT * FROM inventory_coverage WHERE tenant_id = :tenant_id ORDER BY connection_id
-- name: item_find
SELECT i.*, c.listed_at, c.code FROM inventory_items i
LEFT JOIN inventory_coverage c ON c.tenant_id = i.tenant_id AND c.connection_id = i.connection_id AND c.type = i.type
WHERE i.tenant_id = :tenant_id AND i.id = :id
-- name: item_facets
SELECT type, platform, COUNT(*) AS count FROM inventory_items WHERE tenant_id = :tenant_id GROUP BY type, platform
-- name: last_listings_of_member
SELECT c.tenant_id, MAX(c.listed_at) AS listed_at FROM inventory_coverage c
JOIN tenant_memberships m ON m.tenant_id = c.tenant_id
WHERE m.user_id = :user_id AND c.listed_at IS NOT NULL GROUP BY c.tenant_id
-- name: last_listing
SELECT listed_at, listed_run_id FROM inventory_coverage WHERE tenant_id = :tenant_id AND listed_at IS NOT NULL
ORDER BY listed_at DESC LIMIT 1
