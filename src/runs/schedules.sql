-- name: schedule_insert
INSERT INTO run_schedules (tenant_id, name, type, inputs, spec, time_zone, enabled, next_due_at, created_at, updated_at)
VALUES (:tenant_id, :name, :type, :inputs, :spec, :time_zone, :enabled, :next_due_at, :now, :now)
ON CONFLICT (tenant_id, name) DO NOTHING
RETURNING *
-- name: schedules_list
SELECT * FROM run_schedules WHERE tenant_id = :tenant_id ORDER BY id
-- name: schedule_find
SELECT * FROM run_schedules WHERE tenant_id = :tenant_id AND name = :name
-- name: schedules_in_trouble
SELECT * FROM run_schedules WHERE tenant_id = :tenant_id AND trouble <> '' ORDER BY id
-- name: schedule_update
UPDATE run_schedules SET name = :name, inputs = :inputs, spec = :spec, time_zone = :time_zone,
                         next_due_at = :next_due_at, trouble = '', updated_at = :now
WHERE tenant_id = :tenant_id AND id = :id
RETURNING *
-- name: schedule_set_enabled
UPDATE run_schedules SET enabled = :enabled, next_due_at = :next_due_at, trouble = '', updated_at = :now
WHERE tenant_id = :tenant_id AND id = :id
RETURNING *
-- name: schedule_delete
DELETE FROM run_schedules WHERE tenant_id = :tenant_id AND id = :id
-- name: schedule_slots
SELECT * FROM run_schedule_slots WHERE tenant_id = :tenant_id AND schedule_id = :id ORDER BY slot DESC LIMIT :limit
-- name: schedules_due
SELECT * FROM run_schedules WHERE next_due_at <= :now ORDER BY next_due_at, id LIMIT :limit
-- name: schedules_ahead
SELECT * FROM run_schedules WHERE last_slot > :now AND next_due_at IS NOT NULL
-- name: schedule_advance
UPDATE run_schedules SET next_due_at = :next_due_at, last_slot = COALESCE(:slot, last_slot), trouble = :trouble
WHERE tenant_id = :tenant_id AND id = :id AND next_due_at = :due AND updated_at = :updated_at
-- name: slot_taken
SELECT 1 AS taken FROM run_schedule_slots WHERE schedule_id = :id AND slot = :slot AND code <> 'schedule.missed'
-- name: slot_record
INSERT INTO run_schedule_slots (schedule_id, slot, tenant_id, result, run_id, code, message, slots, fired_at)
VALUES (:id, :slot, :tenant_id, :result, :run_id, :code, :message, :slots, :now)
ON CONFLICT (schedule_id, slot) DO UPDATE
SET result = excluded.result, run_id = excluded.run_id, code = excluded.code, message = excluded.message,
    slots = excluded.slots, fired_at = excluded.fired_at
WHERE run_schedule_slots.code = 'schedule.missed'
-- name: slots_prune
DELETE FROM run_schedule_slots WHERE schedule_id = :id AND slot < :before AND fired_at < :before
-- name: slot_still_running
SELECT r.id FROM operation_runs r
WHERE r.status <> 'completed' AND r.id = (SELECT run_id FROM run_schedule_slots
                                          WHERE schedule_id = :id AND run_id IS NOT NULL ORDER BY slot DESC LIMIT 1)
