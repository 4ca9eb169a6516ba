-- name: user_insert
INSERT INTO users (email, name, password_hash, created_at, updated_at)
VALUES (:email, :name, :password_hash, :now, :now)
ON CONFLICT DO NOTHING
RETURNING id AS user_id

-- name: user_by_id
SELECT id AS user_id, email, name AS user_name, preferences, created_at AS user_created_at, last_sign_in_at, disabled_at
FROM users WHERE id = :user_id

-- name: user_by_email
SELECT id AS user_id, email, name AS user_name, preferences, created_at AS user_created_at, last_sign_in_at, disabled_at
FROM users WHERE lower(email) = :email

-- name: user_list
SELECT id AS user_id, email, name AS user_name, preferences, created_at AS user_created_at, last_sign_in_at, disabled_at
FROM users ORDER BY id

-- name: user_set_password
UPDATE users SET password_hash = :password_hash, updated_at = :now WHERE id = :user_id

-- name: user_end_sessions
DELETE FROM sessions WHERE user_id = :user_id

-- name: user_set_disabled
UPDATE users SET disabled_at = :disabled_at, updated_at = :now WHERE id = :user_id

-- name: user_set_preferences
UPDATE users SET preferences = :preferences, updated_at = :now WHERE id = :user_id

-- name: user_owned_tenants
SELECT tenant_id FROM tenant_memberships WHERE user_id = :user_id AND role = 'owner' ORDER BY tenant_id
