-- name: proofs_look @sqlite
SELECT p.value ->> '$.nth' AS nth, u.id AS account, u.disabled_at, s.id AS live_session, k.id AS found_token,
       k.revoked_at, k.expires_at, k.scopes, m.role
FROM json_each(:proofs) p
LEFT JOIN users u ON u.id = p.value ->> '$.account'
LEFT JOIN sessions s ON s.secret_hash = p.value ->> '$.session' AND s.user_id = u.id AND s.expires_at > :now
                        AND s.last_seen_at > :seen_after
LEFT JOIN api_tokens k ON k.id = p.value ->> '$.token' AND k.user_id = u.id
LEFT JOIN tenant_memberships m ON m.tenant_id = p.value ->> '$.tenant' AND m.user_id = u.id
-- name: proofs_look @postgres
SELECT p.nth, u.id AS account, u.disabled_at, s.id AS live_session, k.id AS found_token, k.revoked_at, k.expires_at,
       k.scopes, m.role
FROM jsonb_to_recordset(:proofs) AS p(nth BIGINT, account BIGINT, session TEXT, token BIGINT, tenant BIGINT)
LEFT JOIN users u ON u.id = p.account
LEFT JOIN sessions s ON s.secret_hash = p.session AND s.user_id = u.id AND s.expires_at > :now
                        AND s.last_seen_at > :seen_after
LEFT JOIN api_tokens k ON k.id = p.token AND k.user_id = u.id
LEFT JOIN tenant_memberships m ON m.tenant_id = p.tenant AND m.user_id = u.id
