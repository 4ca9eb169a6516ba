// Every way in which a connection can be wrong: its code, what it means and what to do, where people look for it.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { Simulator } from "./kit/api.mjs";
import { expectAccessible, expectClean, launch, openPage, screenshot, signIn } from "./kit/browser.mjs";
import { Program, abandonedDemo, run, userWith } from "./kit/program.mjs";

// What differs from a sound connection, the code it ends with, and what the page says: what is wrong, what to do.
function failures(app, graph) {
  const nowhere = "http://127.0.0.1:9";
  const secure = { login: graph.https_url, graph: graph.https_url }; // by an authority that nobody trusts
  return {
    "Wrong secret": [{ secret: "not-the-secret-4d1f" }, "provider.credential_wrong", "does not accept", "Rotate the"],
    "Expired secret": [app("expired_secret"), "auth.token_expired", "has expired", "Rotate the"],
    "Missing consent": [app("no_consent"), "provider.consent_missing", "consent is missing", "Grant admin consent"],
    "Wrong tenant": [{ tenant: randomUUID() }, "provider.tenant_wrong", "tenant id or its cloud is wrong", "Compare"],
    "Unreachable host": [{ login: nowhere, graph: nowhere }, "graph.unreachable", "cannot be reached", "DNS and proxy"],
    "Unknown authority": [secure, "graph.tls_failed", "No secure connection", "certificate authorities"],
    "Wrong clock": [{ clock: true }, "provider.clock_wrong", "clock is wrong", "Set the clock"],
    "Missing permission": [{ refused: true }, "graph.forbidden", "A permission is missing", "Grant the permission"],
  };
}

async function product(t) {
  const demo = await abandonedDemo(t, "health-demo");
  const env = { ...demo.env, TENANTATLAS_DATABASE: demo.database, TENANTATLAS_ALLOW_CUSTOM_ENDPOINTS: "true" };
  const graph = (await Program.start(t, "health-graph", ["graph-sim", "--port", "0", "--https"])).ready;
  const server = await Program.start(t, "health-serve", ["serve", "--json", "--port", "0"], { env });
  return { ...demo, env, graph, url: server.ready.url, simulator_url: graph.url };
}

async function disconnect(all, owner, name) {
  const { code, stderr } = await run(["connection", "delete", owner.tenant, name], { env: all.env });
  assert.equal(code, 0, stderr);
}

async function connect(all, owner, sound, name, wrong) {
  const values = { ...sound, login: all.graph.url, graph: all.graph.url, ...wrong };
  const args = ["connection", "create", owner.tenant, "--name", name, "--json", "--secret-file", "-"];
  args.push("--entra-tenant-id", values.tenant, "--client-id", values.client_id);
  args.push("--login-base", values.login, "--graph-base", values.graph);
  const made = await run(args, { env: all.env, input: values.secret });
  assert.equal(made.code, 0, made.stderr);
}

test("a connection says what is wrong with it and what to do", async (t) => {
  const all = await product(t);
  const owner = userWith(all, "Owner");
  const world = await new Simulator(all).world();
  const tenant = world.tenants.find((one) => one.domain.startsWith(`${owner.tenant}.`));
  const app = (purpose) => {
    const { client_id, client_secret } = tenant.apps.find((one) => one.purpose === purpose);
    return { client_id, secret: client_secret };
  };
  const sound = { tenant: tenant.tenant_id, ...app("full") };
  await disconnect(all, owner, "Contoso"); // an Entra tenant is connected once
  const page = await openPage(await launch(t));
  await signIn(page, all, owner);

  for (const [name, [wrong, code, headline, next]] of Object.entries(failures(app, all.graph)))
    await t.test(name, async () => {
      await connect(all, owner, sound, name, wrong);
      const simulator = new Simulator(all);
      if (wrong.clock) await simulator.fault({ path_contains: "oauth2/v2.0/token", status: 400, code: "AADSTS700024" });
      if (wrong.refused) await simulator.fault({ path_contains: "organization", status: 403 });
      await page.goto(`${all.url}/t/${owner.tenant}/connections`);
      await page.getByRole("link", { name, exact: true }).click();
      await page.getByRole("button", { name: "Check connection" }).first().click();
      const main = page.locator("main");
      await main.getByText(code).first().waitFor({ timeout: 60_000 });
      for (const words of [headline, next]) await main.getByText(words).first().waitFor();
      assert.doesNotMatch(await page.content(), /not-the-secret-4d1f/);
      await expectAccessible(page);
      await screenshot(page, `health-${name.toLowerCase().replaceAll(" ", "-")}`);
      await simulator.heal();
      await disconnect(all, owner, name);
    });
  expectClean(page);
});
