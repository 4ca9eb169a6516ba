// SIGSTOP the process that leads: another one starts what is due, and the first one does nothing when it wakes.
import assert from "node:assert/strict";
import { test } from "node:test";
import { postgresDatabase, sql } from "./kit/postgres.mjs";
import { Program, run, tempFolder } from "./kit/program.mjs";
import { eventually } from "./kit/wait.mjs";

test("a leader that slept past its term starts nothing", async (t) => {
  const database = await postgresDatabase(t);
  const env = { TENANTATLAS_DATABASE: database, TENANTATLAS_MASTER_KEY_FILE: `${tempFolder(t)}/master.key` };
  const nightly = ["--type", "inventory.sync", "--when", "daily 02:00"];
  const schedule = ["schedule", "create", "contoso", "Nightly", ...nightly];
  for (const args of [["migrate"], ["tenant", "create", "contoso"], schedule])
    assert.equal((await run(args, { env })).code, 0, args.join(" "));
  const worker = (name) => Program.start(t, `paused-leader-${name}`, ["worker"], { env, silent: true });
  const term = () => sql(database, "SELECT term FROM leader_leases");
  const due = "date_trunc('day', now()) - interval '22 hours'";
  const makeDue = () => sql(database, `UPDATE run_schedules SET next_due_at = ${due}`);

  const first = await worker("first");
  await eventually("the first one leads", async () => (await term()) === "1");
  process.kill(first.pid, "SIGSTOP");
  await makeDue();
  await worker("second");
  const started = "SELECT count(*) FROM run_schedule_slots WHERE result = 'started'";
  await eventually("the second one starts what is due", async () => (await sql(database, started)) === "1", {
    deadlineMs: 90_000,
  });
  assert.equal(await term(), "2");

  await makeDue();
  process.kill(first.pid, "SIGCONT");
  await eventually("the first one notices", () => first.log.includes("leader.lost"));
  const settled = async () => (await sql(database, "SELECT next_due_at > now() FROM run_schedules")) === "t";
  await eventually("that slot is behind them", settled);
  assert.equal(await sql(database, started), "1");
  assert.equal(await sql(database, "SELECT count(*) FROM operation_runs"), "1");
  assert.equal(await term(), "2");
});
