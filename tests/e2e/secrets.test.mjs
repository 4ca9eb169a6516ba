// A secret that Microsoft's answer carries reaches no row, no page and no log; nor do our own.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { Api, Simulator } from "./kit/api.mjs";
import { crawl, sessionOf } from "./kit/pages.mjs";
import { startDemo, userWith } from "./kit/program.mjs";

const planted = "Zx8Q~1TqN.v_0aB3cD4eF5gH6iJ7kL8mN9oP0q";
const messages = [
  `AADSTS7000215: Invalid client secret provided: client_secret=${planted}`,
  `Authorization: Bearer ${planted} was refused`,
  `{"error":{"details":"{\\"clientSecret\\":\\"${planted}\\"}"}}`,
  `connect postgresql://ta:${planted}@db.example:5432/ta failed`,
];

// Everything the program keeps on disk beside its database.
function bytesOnDisk(demo) {
  const folder = dirname(demo.database.replace(/^sqlite:/, ""));
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.db/.test(entry.name))
    .map((entry) => readFileSync(join(folder, entry.name), "latin1"))
    .join("\n");
}

test("planted secrets reach no row, page, answer or log", async (t) => {
  const demo = await startDemo(t, "secrets", ["--graph-requests", "0"]);
  const owner = userWith(demo, "Owner");
  const api = new Api(demo, owner);
  const simulator = new Simulator(demo);
  for (const message of messages) {
    await simulator.heal();
    await simulator.fault({ path_contains: "deviceManagement", status: 403, code: "Forbidden", message });
    const started = await api.start(owner.tenant);
    const ended = await api.ended(owner.tenant, started.json.run.id);
    assert.notEqual(ended.outcome, "succeeded", "the fault did not strike: the test proves nothing");
    assert.ok(ended.failure_summary.length > 0);
    assert.ok(!JSON.stringify(ended).includes(planted), JSON.stringify(ended));
  }
  await simulator.heal();
  await simulator.fault({ path_contains: "token", status: 401, code: "invalid_client", message: messages[0] });
  const refused = await api.start(owner.tenant);
  const ended = await api.ended(owner.tenant, refused.json.run.id);
  assert.ok(!JSON.stringify(ended).includes(planted));

  const pages = await crawl(
    demo.url,
    await sessionOf(demo, owner),
    [`/t/${owner.tenant}/operations`, "/notifications"],
    40,
  );
  for (const { path, text } of pages) assert.ok(!text.includes(planted), path);
  assert.ok(!demo.program.log.includes(planted), "the log");
  assert.ok(!bytesOnDisk(demo).includes(planted), "the database");
});

test("passwords, API tokens and client secrets are not in the database, on a page or in the log", async (t) => {
  const demo = await startDemo(t, "own-secrets");
  const owner = userWith(demo, "Owner");
  const world = await new Simulator(demo).world();
  const secrets = [
    ...demo.users.flatMap(({ password, api_token }) => [password, api_token]),
    ...world.tenants.flatMap(({ apps }) => apps.map(({ client_secret }) => client_secret)),
  ].filter(Boolean);
  assert.ok(secrets.length > 4);
  const session = await sessionOf(demo, owner);
  secrets.push(session.match(/ta_session=([^;]+)/)[1]);
  const pages = await crawl(demo.url, session, [`/t/${owner.tenant}`, "/profile"], 40);
  const disk = bytesOnDisk(demo);
  for (const secret of secrets) {
    assert.ok(!disk.includes(secret), "the database keeps a secret in clear text");
    assert.ok(!demo.program.log.includes(secret), "the log");
    for (const { path, text } of pages) assert.ok(!text.includes(secret), path);
  }
});
