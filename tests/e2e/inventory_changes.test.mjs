// What a sync found, as people see it: on the dashboard, in the list behind a number, on the page of what is gone.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Api, call, Simulator } from "./kit/api.mjs";
import {
  expectAccessible,
  expectClean,
  expectNoSidewaysScroll,
  launch,
  openPage,
  screenshot,
  signIn,
} from "./kit/browser.mjs";
import { startDemo, userWith } from "./kit/program.mjs";

async function remove(demo, tenant, set, id) {
  const answer = await call(`${new Simulator(demo).base}/objects`, {
    method: "POST",
    json: { tenant, set, action: "remove", id },
  });
  assert.ok(answer.status < 300, answer.text);
}

test("what is gone is said, listed and explained", async (t) => {
  const demo = await startDemo(t, "inventory-changes");
  const owner = userWith(demo, "Owner");
  const api = new Api(demo, owner);
  const sync = async () => api.ended(owner.tenant, (await api.start(owner.tenant)).json.run.id);
  await sync();
  const { items } = (await api.get(`/tenants/${owner.tenant}/inventory?type=scope_tag&limit=200`)).json;
  const tag = items.find(({ external_id }) => external_id === "0");
  const world = await new Simulator(demo).world();
  await remove(demo, world.tenants[0].tenant_id, "deviceManagement/roleScopeTags", "0");
  const run = await sync();
  assert.deepEqual(run.context.changes, { new: 0, changed: 0, gone: 1 });

  const browser = await launch(t);
  for (const [name, options] of [
    ["light", {}],
    ["dark", { colorScheme: "dark" }],
    ["narrow", { viewport: { width: 390, height: 844 } }],
  ]) {
    const page = await openPage(browser, options);
    await signIn(page, demo, owner);
    const look = async (what) => {
      await expectAccessible(page);
      await expectNoSidewaysScroll(page);
      await screenshot(page, `inventory-changes-${what}-${name}`);
    };
    await page.goto(`${demo.url}/t/${owner.tenant}`);
    await look("dashboard");
    await page.getByRole("link", { name: "1 gone" }).first().click();
    await page.waitForURL(/change=gone/);
    assert.equal(await page.locator("tbody tr").count(), 1);
    await look("list");
    await page.locator("tbody a").first().click();
    await page.getByRole("heading", { name: "Still referred to by" }).waitFor();
    await look("item");
    await page.goto(`${demo.url}/t/${owner.tenant}/inventory`);
    await look("inventory");
    await page.goto(`${demo.url}/t/${owner.tenant}/inventory?tab=coverage`);
    await look("coverage");
    await page.goto(`${demo.url}/t/${owner.tenant}/operations/${run.id}`);
    await look("run");
    expectClean(page);
    await page.context().close();
  }
  const gone = (await api.get(`/tenants/${owner.tenant}/inventory?state=gone`)).json.items;
  assert.deepEqual(gone.map(({ id }) => id), [tag.id]);
  assert.ok(Date.parse(gone[0].gone_since) <= Date.now());
});
