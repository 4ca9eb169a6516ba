-- name: leader_find
SELECT expires_at FROM leader_leases WHERE name = :name
-- name: leader_take
INSERT INTO leader_leases (name, holder, term, expires_at) VALUES (:name, :holder, 1, :expires)
ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, term = leader_leases.term + 1,
                                 expires_at = excluded.expires_at
WHERE leader_leases.expires_at <= :now
RETURNING term
-- name: leader_renew
UPDATE leader_leases SET expires_at = :expires
WHERE name = :name AND holder = :holder AND term = :term AND expires_at > :now
-- name: leader_resign
UPDATE leader_leases SET expires_at = :now
WHERE name = :name AND holder = :holder AND term = :term AND expires_at > :now
-- name: leader_holds @sqlite
SELECT 1 AS held WHERE :idle_ms <> ''
AND EXISTS (SELECT 1 FROM leader_leases
            WHERE name = :name AND holder = :holder AND term = :term AND expires_at > :now)
-- name: leader_holds @postgres
SELECT set_config('idle_in_transaction_session_timeout', :idle_ms, true) AS held FROM leader_leases
WHERE name = :name AND holder = :holder AND term = :term AND expires_at > :now
FOR SHARE
