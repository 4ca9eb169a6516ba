-- name: items_unfolded
SELECT id, name FROM inventory_items WHERE name_folded = '' AND name <> '' ORDER BY id LIMIT :limit
-- name: item_fold @sqlite
UPDATE inventory_items SET name_folded = :folded WHERE id = :id AND name = :name
-- name: item_fold @postgres
UPDATE inventory_items AS i SET name_folded = f.folded
FROM unnest(:id::bigint[], :name::text[], :folded::text[]) AS f(id, name, folded)
WHERE i.id = f.id AND i.name = f.name
