-- name: tenant_insert
INSERT INTO tenants (slug, name, time_zone, created_at, updated_at) VALUES (:slug, :name, :time_zone, :now, :now)
ON CONFLICT DO NOTHING
RETURNING id AS tenant_id

-- name: tenant_by_id
SELECT id AS tenant_id, slug, name AS tenant_name, time_zone, created_at AS tenant_created_at, keep_days
FROM tenants WHERE id = :tenant_id

-- name: tenant_by_slug
SELECT id AS tenant_id, slug, name AS tenant_name, time_zone, created_at AS tenant_created_at, keep_days
FROM tenants WHERE slug = :slug

-- name: tenant_list
SELECT id AS tenant_id, slug, name AS tenant_name, time_zone, created_at AS tenant_created_at, keep_days
FROM tenants ORDER BY id

-- name: tenant_for_member
SELECT t.id AS tenant_id, t.slug, t.name AS tenant_name, t.time_zone, t.created_at AS tenant_created_at, t.keep_days,
  m.role
FROM tenants t JOIN tenant_memberships m ON m.tenant_id = t.id JOIN users u ON u.id = m.user_id
WHERE t.slug = :slug AND m.user_id = :user_id AND u.disabled_at IS NULL

-- name: tenants_of_member
SELECT t.id AS tenant_id, t.slug, t.name AS tenant_name, t.time_zone, t.created_at AS tenant_created_at, t.keep_days,
  m.role
FROM tenants t JOIN tenant_memberships m ON m.tenant_id = t.id JOIN users u ON u.id = m.user_id
WHERE m.user_id = :user_id AND u.disabled_at IS NULL
ORDER BY t.id LIMIT :limit

-- name: member_list
SELECT u.id AS user_id, u.email, u.name AS user_name, u.preferences, u.created_at AS user_created_at, u.last_sign_in_at,
  u.disabled_at, m.role, m.created_at AS since
FROM tenant_memberships m JOIN users u ON u.id = m.user_id
WHERE m.tenant_id = :tenant_id
ORDER BY u.id

-- name: member_insert
INSERT INTO tenant_memberships (tenant_id, user_id, role, created_at, updated_at)
SELECT t.id, u.id, :role, :now, :now FROM tenants t CROSS JOIN users u WHERE t.id = :tenant_id AND u.id = :user_id
ON CONFLICT DO NOTHING

-- name: member_find @sqlite
SELECT role FROM tenant_memberships WHERE tenant_id = :tenant_id AND user_id = :user_id
-- name: member_find @postgres
SELECT role FROM tenant_memberships WHERE tenant_id = :tenant_id AND user_id = :user_id FOR UPDATE

-- name: member_set_role
UPDATE tenant_memberships SET role = :role, updated_at = :now WHERE tenant_id = :tenant_id AND user_id = :user_id

-- name: member_delete
DELETE FROM tenant_memberships WHERE tenant_id = :tenant_id AND user_id = :user_id

-- name: tenant_update
UPDATE tenants SET name = :name, time_zone = :time_zone, updated_at = :now WHERE id = :tenant_id

-- name: tenant_set_keep_days
UPDATE tenants SET keep_days = :keep_days, updated_at = :now WHERE id = :tenant_id
