// Microsoft's own clients cannot tell the simulator from Graph: MSAL signs in and the Graph client reads, over TLS with
// checked certificates.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { Program, root, tempFolder } from "./kit/program.mjs";

const scenarios = join(root, "tests/e2e/official_clients/scenarios.mjs");

// What the clients saw, and what the simulator holds.
async function observe(t) {
  const folder = tempFolder(t);
  const caFile = join(folder, "ca.pem");
  const args = ["graph-sim", "--https", "--ca-file", caFile, "--objects", "400"];
  const { ready } = await Program.start(t, "official-clients", args);
  const { stdout } = await promisify(execFile)(process.execPath, [scenarios, JSON.stringify(ready), folder], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, NODE_EXTRA_CA_CERTS: caFile },
    timeout: 60_000,
    maxBuffer: 16 << 20,
  });
  const world = await (await fetch(`${ready.url}/_sim/world`)).json();
  return { seen: JSON.parse(stdout), held: world.tenants[0] };
}

test("Microsoft's own clients sign in, page, batch and retry against the simulator", async (t) => {
  const { seen, held } = await observe(t);

  assert.deepEqual(seen.token, { type: "Bearer", cached: true });
  assert.match(seen.refusals.wrong_secret.message, /AADSTS7000215/);
  assert.match(seen.refusals.expired.message, /AADSTS7000222/);
  assert.match(seen.refusals.no_consent.message, /AADSTS65001/);
  assert.notEqual(seen.refusals.unknown_tenant, null);

  assert.equal(seen.certificates.sha256, "Bearer");
  assert.equal(seen.certificates.sha1, "Bearer");
  assert.match(seen.certificates.unknown, /AADSTS700027/);

  assert.equal(seen.device.accepted.user, `admin@${held.domain}`);
  assert.equal(seen.device.accepted.groups, 200);
  assert.match(seen.device.declined.error, /authorization_declined/);

  const { again, ...code } = seen.code;
  assert.match(again, /AADSTS54005/);
  assert.deepEqual(code, {
    state: "from here",
    user: `reader@${held.domain}`,
    tenant: held.tenant_id,
    claims: `reader@${held.domain}`,
    cached: true,
    refreshed: true,
    policies: 200,
    groups: 403,
  });

  assert.equal(seen.retried, held.tenant_id, "a 429 with Retry-After is waited for");
  assert.equal(new Set(seen.policies).size, held.sets["deviceManagement/configurationPolicies"]);
  assert.ok(seen.policies.length > 25, "more than one page");
  assert.equal(new Set(seen.groups).size, held.sets.groups);
  assert.ok(seen.filtered.length > 0);
  for (const group of seen.filtered) assert.match(group.mail, /@/);

  assert.deepEqual(seen.batch, { statuses: { 1: 200, 2: 400, 3: 424 }, organization: held.tenant_id });
  assert.equal(seen.missing.statusCode, 404);
  assert.equal(seen.missing.code, "Request_ResourceNotFound");
  assert.ok(seen.missing.requestId);
  assert.equal(seen.forbidden.statusCode, 403);
  assert.deepEqual(seen.expiry, { before: 401, after: 200 });
});
