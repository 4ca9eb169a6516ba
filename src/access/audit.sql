-- name: audit_insert
INSERT INTO audit_log (tenant_id, user_id, actor, action, target_type, target_id, target_name, result, detail,
  request_id, address, created_at)
VALUES (:tenant_id, :user_id, :actor, :action, :target_type, :target_id, :target_name, :result, :detail, :request_id,
  :address, :now)

-- name: audit_list @sqlite
SELECT id, tenant_id, user_id, actor, action, target_type, target_id, target_name, result, detail, request_id, address,
  created_at
FROM audit_log
WHERE tenant_id = :tenant_id
  AND (:user_id IS NULL OR user_id = :user_id)
  AND (:action IS NULL OR action = :action)
  AND (:result IS NULL OR result = :result)
  AND (:from_time IS NULL OR created_at >= :from_time)
  AND (:until_time IS NULL OR created_at < :until_time)
  AND (:before_id IS NULL OR id < :before_id)
ORDER BY id DESC LIMIT :limit

-- name: audit_list @postgres
SELECT id, tenant_id, user_id, actor, action, target_type, target_id, target_name, result, detail, request_id, address,
  created_at
FROM audit_log
WHERE tenant_id = :tenant_id
  AND (:user_id::bigint IS NULL OR user_id = :user_id)
  AND (:action::text IS NULL OR action = :action)
  AND (:result::text IS NULL OR result = :result)
  AND (:from_time::timestamptz IS NULL OR created_at >= :from_time)
  AND (:until_time::timestamptz IS NULL OR created_at < :until_time)
  AND (:before_id::bigint IS NULL OR id < :before_id)
ORDER BY id DESC LIMIT :limit
