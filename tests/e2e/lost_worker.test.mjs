// SIGKILL a worker in mid-sync: another one finishes the run, and its initiator is told once.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Api, Simulator } from "./kit/api.mjs";
import { postgresDatabase, sql } from "./kit/postgres.mjs";
import { Program, startDemo, tempFolder, userWith } from "./kit/program.mjs";
import { eventually } from "./kit/wait.mjs";

test("another worker finishes what a killed one began", async (t) => {
  const database = await postgresDatabase(t);
  const keyFile = join(tempFolder(t), "master.key");
  writeFileSync(keyFile, randomBytes(32).toString("hex"), { mode: 0o600 });
  const env = { TENANTATLAS_MASTER_KEY_FILE: keyFile };
  const demo = await startDemo(t, "lost-worker", ["--database", database, "--workers", "0", "--latency-ms", "400"], { env });
  const operator = userWith(demo, "Operator");
  const api = new Api(demo, operator);
  const worker = (name) => Program.start(t, name, ["worker", "--json", "--database", database], { env });

  const first = await worker("worker-1");
  const { json } = await api.start(operator.tenant);
  const id = json.run.id;
  await eventually("the first worker is in the middle of it", async () => {
    const run = await api.run(operator.tenant, id);
    return run.status === "running" && run.summary_counts?.processed > 0;
  });
  await first.kill();
  await worker("worker-2");
  await new Simulator(demo).latency(0);

  const ended = await api.ended(operator.tenant, id);
  assert.equal(ended.outcome, "succeeded");
  assert.equal(ended.summary_counts.processed, ended.summary_counts.total);
  const terminal = `SELECT count(*) FROM notifications WHERE run_id = ${id} AND kind <> 'queued'`;
  assert.equal(await sql(database, terminal), "1");
  assert.equal(await sql(database, `SELECT count(*) FROM run_attempts WHERE run_id = ${id}`), "2");
});
