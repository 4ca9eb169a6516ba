-- name: links_clear @sqlite
DELETE FROM inventory_links WHERE item_id IN
  (SELECT id FROM inventory_items
   WHERE tenant_id = :tenant_id AND connection_id = :connection_id AND type = :type
     AND external_id IN (SELECT value FROM json_each(:ids)))
-- name: links_clear @postgres
DELETE FROM inventory_links WHERE item_id IN
  (SELECT id FROM inventory_items
   WHERE tenant_id = :tenant_id AND connection_id = :connection_id AND type = :type
     AND external_id IN (SELECT value FROM jsonb_array_elements_text(:ids)))
-- name: links_insert @sqlite
INSERT INTO inventory_links (item_id, tenant_id, property, target_id)
SELECT i.id, i.tenant_id, l.value ->> '$.property', l.value ->> '$.target'
FROM json_each(:links) l
-- CROSS keeps the order: otherwise all objects of the type are looked at.
CROSS JOIN inventory_items i ON i.tenant_id = :tenant_id AND i.connection_id = :connection_id AND i.type = :type
  AND i.external_id = l.value ->> '$.item'
-- name: links_insert @postgres
INSERT INTO inventory_links (item_id, tenant_id, property, target_id)
SELECT i.id, i.tenant_id, l.property, l.target
FROM jsonb_to_recordset(:links) AS l(item TEXT, property TEXT, target TEXT)
JOIN inventory_items i ON i.tenant_id = :tenant_id AND i.connection_id = :connection_id AND i.type = :type
  AND i.external_id = l.item
-- name: links_from
SELECT l.property, l.target_id, i.id, i.type, i.name, CASE WHEN i.listing < c.listed_listing THEN 1 ELSE 0 END AS gone
FROM inventory_links l
JOIN inventory_items me ON me.id = l.item_id
LEFT JOIN inventory_items i
  ON i.tenant_id = l.tenant_id AND i.connection_id = me.connection_id AND i.external_id = l.target_id
LEFT JOIN inventory_coverage c
  ON c.tenant_id = i.tenant_id AND c.connection_id = i.connection_id AND c.type = i.type
WHERE l.item_id = :item_id AND l.tenant_id = :tenant_id
ORDER BY l.property, l.target_id LIMIT :limit
-- name: links_to
SELECT l.property, l.target_id, i.id, i.type, i.name, CASE WHEN i.listing < c.listed_listing THEN 1 ELSE 0 END AS gone
FROM inventory_links l
JOIN inventory_items i ON i.id = l.item_id AND i.connection_id = :connection_id
LEFT JOIN inventory_coverage c
  ON c.tenant_id = i.tenant_id AND c.connection_id = i.connection_id AND c.type = i.type
WHERE l.tenant_id = :tenant_id AND l.target_id = :target_id
ORDER BY l.item_id, l.property LIMIT :limit
