// SIGKILL a worker in mid-sync: another one finishes the run, and its initiator is told once.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Api, Simulator } from "./kit/api.mjs";
import { postgresDatabase, sql } from "./kit/postgres.mjs";
import { Program, abandonedDemo, userWith } from "./kit/program.mjs";
import { eventually } from "./kit/wait.mjs";

// Server, workers and Graph as processes of their own, on PostgreSQL.
async function separateProcesses(t) {
  const database = await postgresDatabase(t);
  const demo = await abandonedDemo(t, "lost-worker-demo", ["--database", database]);
  const start = (name, args, options = {}) =>
    Program.start(t, `lost-worker-${name}`, args, { env: demo.env, ...options });
  const graph = await start("graph", ["graph-sim", "--port", "0"]);
  const moved = `replace(metadata::text, '${demo.simulator_url}', '${graph.ready.url}')::jsonb`;
  await sql(database, `UPDATE provider_connections SET metadata = ${moved}`);
  const server = await start("serve", ["serve", "--json", "--no-worker", "--database", database, "--port", "0"]);
  return {
    ...demo,
    url: server.ready.url,
    simulator_url: graph.ready.url,
    worker: (name) => start(name, ["worker", "--database", database], { silent: true }),
  };
}

test("another worker finishes what a killed one began", async (t) => {
  const all = await separateProcesses(t);
  const operator = userWith(all, "Operator");
  const api = new Api(all, operator);

  // One type has to wait for longer than this test takes; the others are read meanwhile.
  const graph = new Simulator(all);
  await graph.fault({ path_contains: "deviceManagementScripts", status: 429, retry_after_seconds: 120 });

  const first = await all.worker("worker-1");
  const { json } = await api.start(operator.tenant);
  const id = json.run.id;
  await eventually("the first worker is in the middle of it", async () => {
    const run = await api.run(operator.tenant, id);
    return run.status === "running" && run.summary_counts?.processed > 0;
  });
  await first.kill();
  await all.worker("worker-2");
  await graph.heal();

  const ended = await api.ended(operator.tenant, id);
  assert.equal(ended.outcome, "succeeded");
  assert.equal(ended.summary_counts.processed, ended.summary_counts.total);
  const told = `SELECT count(*) FROM notifications WHERE run_id = ${id} AND kind = 'terminal'`;
  assert.equal(await sql(all.database, told), "1");
  assert.equal(await sql(all.database, `SELECT count(*) FROM run_attempts WHERE run_id = ${id}`), "2");
});
