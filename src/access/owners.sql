-- name: tenant_lock @sqlite
SELECT id FROM tenants WHERE id = :tenant_id
-- name: tenant_lock @postgres
SELECT id FROM tenants WHERE id = :tenant_id FOR UPDATE

-- name: tenant_other_owners
SELECT count(*) AS owners FROM tenant_memberships m JOIN users u ON u.id = m.user_id
WHERE m.tenant_id = :tenant_id AND m.role = 'owner' AND m.user_id <> :user_id AND u.disabled_at IS NULL
