-- name: sign_in_count_attempt
INSERT INTO sign_in_attempts (subject, attempts, window_ends_at) VALUES (:subject, 1, :window_ends_at)
ON CONFLICT (subject) DO UPDATE SET
  attempts = CASE WHEN sign_in_attempts.window_ends_at <= :now THEN 1 ELSE sign_in_attempts.attempts + 1 END,
  window_ends_at = CASE WHEN sign_in_attempts.window_ends_at <= :now THEN excluded.window_ends_at
                        ELSE sign_in_attempts.window_ends_at END
RETURNING attempts, window_ends_at

-- name: sign_in_forget_account
DELETE FROM sign_in_attempts WHERE subject = :subject

-- name: sign_in_refund_address
UPDATE sign_in_attempts SET attempts = attempts - 1 WHERE subject = :subject AND attempts > 1

-- name: sign_in_forget_old
DELETE FROM sign_in_attempts
WHERE subject IN (SELECT subject FROM sign_in_attempts WHERE window_ends_at <= :now LIMIT 100)

-- name: sign_in_credentials
SELECT id AS user_id, name AS user_name, password_hash FROM users WHERE lower(email) = :email AND disabled_at IS NULL

-- name: sign_in_lock_user @sqlite
SELECT id FROM users WHERE id = :user_id AND password_hash = :password_hash AND disabled_at IS NULL
-- name: sign_in_lock_user @postgres
SELECT id FROM users WHERE id = :user_id AND password_hash = :password_hash AND disabled_at IS NULL FOR UPDATE

-- name: sign_in_seen
UPDATE users SET last_sign_in_at = :now WHERE id = :user_id

-- name: session_insert
INSERT INTO sessions (user_id, secret_hash, address, user_agent, created_at, last_seen_at, expires_at)
VALUES (:user_id, :secret_hash, :address, :user_agent, :now, :now, :expires_at)
RETURNING id AS session_id

-- name: session_find
SELECT s.id AS session_id, s.last_seen_at, u.id AS user_id, u.email, u.name AS user_name, u.preferences,
  u.created_at AS user_created_at, u.last_sign_in_at, u.disabled_at
FROM sessions s JOIN users u ON u.id = s.user_id
WHERE s.secret_hash = :secret_hash AND s.expires_at > :now AND s.last_seen_at > :seen_after AND u.disabled_at IS NULL

-- name: session_touch
UPDATE sessions SET last_seen_at = :now WHERE id = :session_id AND last_seen_at < :now

-- name: session_delete
DELETE FROM sessions WHERE id = :session_id

-- name: session_delete_all
DELETE FROM sessions WHERE user_id = :user_id

-- name: session_delete_expired
DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE expires_at <= :now LIMIT 100)

-- name: session_list
SELECT id AS session_id, address, user_agent, created_at, last_seen_at FROM sessions
WHERE user_id = :user_id AND expires_at > :now AND last_seen_at > :seen_after
ORDER BY last_seen_at DESC, id DESC
