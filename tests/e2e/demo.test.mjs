// `demo --once --json`: both tenants synced by the same engine, the counts those of the simulator.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Api, Simulator } from "./kit/api.mjs";
import { run, startDemo, userWith } from "./kit/program.mjs";

test("demo --once --json ends with two successful runs in under 10 seconds", async () => {
  const started = Date.now();
  const { code, stdout, stderr } = await run(["demo", "--once", "--json"]);
  assert.equal(code, 0, stderr);
  const { runs } = JSON.parse(stdout);
  assert.equal(runs.length, 2);
  for (const each of runs) {
    assert.equal(each.type, "inventory.sync");
    assert.equal(each.status, "completed");
    assert.equal(each.outcome, "succeeded");
    assert.ok(Number.isInteger(each.id) && each.duration_ms >= 0, JSON.stringify(each));
    assert.equal(each.summary_counts.processed, each.summary_counts.total);
    assert.ok(each.summary_counts.total > 100, JSON.stringify(each.summary_counts));
  }
  assert.ok(Date.now() - started < 10_000, `it took ${Date.now() - started} ms`);
});

test("demo --json tells a script everything it needs", async (t) => {
  const demo = await startDemo(t, "contract");
  for (const url of [demo.url, demo.simulator_url]) assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/);
  assert.match(demo.database, /^sqlite:|^postgresql:/);
  assert.equal(demo.tenants.length, 2);
  for (const tenant of demo.tenants)
    assert.ok(tenant.slug && tenant.id && tenant.objects > 100, JSON.stringify(tenant));
  assert.deepEqual(demo.users.map(({ role }) => role.toLowerCase()).sort(), [
    "manager",
    "operator",
    "owner",
    "readonly",
  ]);
  for (const user of demo.users) assert.ok(user.email && user.password && user.api_token && user.tenant);
});

test("a sync counts what the simulator holds", async (t) => {
  const demo = await startDemo(t, "counts");
  const operator = userWith(demo, "Operator");
  const tenant = demo.tenants.find(({ slug }) => slug === operator.tenant);
  const api = new Api(demo, operator);
  const started = await api.start(operator.tenant);
  assert.ok([200, 201].includes(started.status), started.text);
  const ended = await api.ended(operator.tenant, started.json.run.id);
  assert.equal(ended.outcome, "succeeded");
  assert.equal(ended.summary_counts.total, tenant.objects);
  assert.ok((await new Simulator(demo).requests()) !== undefined);
});
