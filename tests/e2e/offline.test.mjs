// Pages come from the database only: they ask Graph nothing, and they all answer when it is gone.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Api, Simulator, call } from "./kit/api.mjs";
import { crawl, sessionOf } from "./kit/pages.mjs";
import { Program, abandonedDemo, startDemo, userWith } from "./kit/program.mjs";

const entries = (tenant) => [
  "/tenants",
  "/notifications",
  "/profile",
  "/system",
  `/t/${tenant}`,
  `/t/${tenant}/operations`,
  `/t/${tenant}/inventory`,
  `/t/${tenant}/connections`,
];

function expectAllAnswer(pages) {
  for (const { path, status, location } of pages)
    assert.ok(
      status === 200 || (status === 303 && !location.startsWith("/login")),
      `${path}: ${status} ${location ?? ""}`,
    );
}

test("no page makes a request to Graph", async (t) => {
  const demo = await startDemo(t, "offline");
  const owner = userWith(demo, "Owner");
  const api = new Api(demo, owner);
  const started = await api.start(owner.tenant);
  await api.ended(owner.tenant, started.json.run.id);
  const simulator = new Simulator(demo);
  const asked = (await simulator.requests()).count;
  assert.ok(asked > 0, "the sync did not reach the simulator: the counter proves nothing");
  const pages = await crawl(demo.url, await sessionOf(demo, owner), entries(owner.tenant));
  assert.ok(pages.length > 20, `only ${pages.length} pages found`);
  expectAllAnswer(pages);
  assert.equal((await simulator.requests()).count, asked);
});

test("with the simulator's socket closed every page still answers", async (t) => {
  const demo = await abandonedDemo(t, "offline-demo");
  await assert.rejects(call(`${demo.simulator_url}/_sim/world`));
  const args = ["serve", "--json", "--database", demo.database, "--port", "0"];
  const server = await Program.start(t, "offline-serve", args, { env: demo.env });
  const owner = userWith(demo, "Owner");
  const pages = await crawl(server.ready.url, await sessionOf(server.ready, owner), entries(owner.tenant));
  assert.ok(pages.length > 20, `only ${pages.length} pages found`);
  expectAllAnswer(pages);
});
