-- Why a schedule cannot start anything now; empty: nothing stands in its way. It is tried again until it can.

ALTER TABLE run_schedules ADD COLUMN trouble TEXT NOT NULL DEFAULT '';
-- Those that were given up before this column came are tried again, from now on.
UPDATE run_schedules
SET trouble = 'Its time could not be read.', next_due_at = updated_at, last_slot = COALESCE(last_slot, updated_at)
WHERE enabled AND next_due_at IS NULL;
