-- name: member_role
SELECT m.role FROM tenant_memberships m JOIN users u ON u.id = m.user_id
WHERE m.tenant_id = :tenant_id AND m.user_id = :user_id AND u.disabled_at IS NULL
