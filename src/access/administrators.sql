-- name: administrator_find
SELECT 1 AS found FROM administrators a JOIN users u ON u.id = a.user_id
WHERE a.user_id = :user_id AND u.disabled_at IS NULL
-- name: administrator_insert
INSERT INTO administrators (user_id, since) VALUES (:user_id, :now) ON CONFLICT DO NOTHING
-- name: administrator_delete
DELETE FROM administrators WHERE user_id = :user_id
