-- name: coverage_of
SELECT * FROM inventory_coverage WHERE tenant_id = :tenant_id ORDER BY connection_id
-- name: item_find
SELECT i.*, c.listed_at, c.code, c.listed_listing, c.attempted_listing FROM inventory_items i
LEFT JOIN inventory_coverage c ON c.tenant_id = i.tenant_id AND c.connection_id = i.connection_id AND c.type = i.type
WHERE i.tenant_id = :tenant_id AND i.id = :id
-- name: item_facets
SELECT type, platform, COUNT(*) AS count FROM inventory_items WHERE tenant_id = :tenant_id GROUP BY type, platform
-- name: objects_listed
SELECT CAST(COALESCE(SUM(listed_count), 0) AS BIGINT) AS objects FROM inventory_coverage
WHERE tenant_id = :tenant_id AND listed_at IS NOT NULL
-- name: last_listings_of_member
SELECT c.tenant_id, MAX(c.listed_at) AS listed_at FROM inventory_coverage c
JOIN tenant_memberships m ON m.tenant_id = c.tenant_id
WHERE m.user_id = :user_id AND c.listed_at IS NOT NULL GROUP BY c.tenant_id
-- name: last_listing
SELECT listed_at, listed_run_id FROM inventory_coverage WHERE tenant_id = :tenant_id AND listed_at IS NOT NULL
ORDER BY listed_at DESC LIMIT 1
