// The product's spine in a real browser: from the sign-in to the notification.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Simulator } from "./kit/api.mjs";
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

const pages = ["", "/operations", "/inventory", "/connections"];

test("an operator syncs the inventory and is told how it ended", async (t) => {
  const demo = await startDemo(t, "journey");
  // Slow enough to be watched: one type has to wait, the others are there meanwhile.
  const throttled = { path_contains: "deviceManagementScripts", status: 429, retry_after_seconds: 5, count: 1 };
  await new Simulator(demo).fault({ ...throttled, tenant: demo.tenants[0].entra_tenant_id });
  const operator = userWith(demo, "Operator");
  const browser = await launch(t);
  const page = await openPage(browser);

  await t.test("signs in", async () => {
    await page.goto(demo.url);
    await screenshot(page, "login-light");
    await expectAccessible(page);
    await signIn(page, demo, operator);
  });

  await t.test("starts a sync and gets a toast with a way to the run", async () => {
    await page.goto(`${demo.url}/t/${operator.tenant}/inventory`);
    await page.getByRole("button", { name: "Sync now" }).first().click();
    const toast = page.locator("#toasts .toast");
    await toast.getByText("Inventory sync queued").waitFor();
    await toast.getByText("Running in the background.").waitFor();
    await screenshot(page, "inventory-toast");
    await toast.getByRole("link", { name: "View run" }).click();
    await page.waitForURL(/\/operations\/\d+$/);
  });

  await t.test("watches it run and succeed without reloading", async () => {
    await page.evaluate(() => {
      window.stillTheSamePage = true;
      document.addEventListener("ta-now", (event) => (window.measured = event.detail.data));
    });
    const main = page.locator("main");
    await main.getByText("Running", { exact: true }).first().waitFor({ timeout: 20_000 });
    await main
      .getByText(/\d+ of [\d,]+ objects|\d+ objects so far/)
      .first()
      .waitFor({ timeout: 20_000 });
    await screenshot(page, "run-running");
    await main.getByText("Succeeded", { exact: true }).first().waitFor({ timeout: 60_000 });
    assert.match(await page.evaluate(() => window.measured), /^\d{4}-\d\d-\d\dT.*Z$/, "no event told the time");
    assert.equal(await page.evaluate(() => window.stillTheSamePage), true, "the page was reloaded");
    await screenshot(page, "run-succeeded");
  });

  await t.test("the computer's clock is set while the page is open: no time on it jumps", async () => {
    const shown = await page.evaluate(() => {
      const later = Date.now() + 3 * 3600_000;
      Date.now = () => later;
      document.dispatchEvent(new Event("htmx:after:swap"));
      return [...document.querySelectorAll("time[data-ago]")].map((node) => node.textContent);
    });
    assert.ok(shown.length > 0, "the page shows no time");
    for (const text of shown) assert.doesNotMatch(text, /h ago/);
  });

  await t.test("finds exactly one terminal notification in the bell", async () => {
    const id = page.url().match(/\d+$/)[0];
    await page.reload();
    await page.locator("#bell summary").click();
    const told = page.locator("#ta-bell-list li", { has: page.locator(`a[href$="/operations/${id}"]`) });
    await told.getByText("Inventory sync succeeded").waitFor();
    assert.equal(await told.getByText("Inventory sync succeeded").count(), 1);
    await screenshot(page, "bell");
    await told.getByRole("link", { name: "View run" }).first().click();
    await page.waitForURL(new RegExp(`/operations/${id}$`));
    await page.getByRole("heading", { name: "Inventory sync" }).first().waitFor();
  });

  expectClean(page);
});

// Every kind of page: [name of the screenshot, path]. The details are the newest run and the first item.
async function everyPage(page, demo, user) {
  const tenant = `/t/${user.tenant}`;
  const first = async (path, pattern) => {
    await page.goto(demo.url + path);
    return page.locator(`main a[href*="${pattern}"]`).first().getAttribute("href");
  };
  return [
    ["tenants", "/tenants"],
    ["notifications", "/notifications"],
    ["profile", "/profile"],
    ["system", "/system"],
    ["dashboard", tenant],
    ["operations", `${tenant}/operations`],
    ["operation", await first(`${tenant}/operations`, "/operations/")],
    ["inventory", `${tenant}/inventory`],
    ["coverage", await first(`${tenant}/inventory`, "coverage")],
    ["item", await first(`${tenant}/inventory?type=settings_catalog_policy`, "/inventory/")],
    ["connections", `${tenant}/connections`],
    ["connection", await first(`${tenant}/connections`, "/connections/")],
    ["connection-new", `${tenant}/connections/new`],
    ["settings", `${tenant}/settings`],
    ["not-found", `${tenant}/nothing-here`],
  ];
}

const looks = {
  light: { colorScheme: "light" },
  dark: { colorScheme: "dark" },
  medium: { viewport: { width: 1024, height: 768 } },
  narrow: { viewport: { width: 390, height: 844 } },
};

test("every page is accessible, fits its width and keeps to its policy", async (t) => {
  const demo = await startDemo(t, "pages");
  const owner = userWith(demo, "Owner");
  const browser = await launch(t);
  for (const [look, options] of Object.entries(looks))
    await t.test(look, async () => {
      const page = await openPage(browser, options);
      await signIn(page, demo, owner);
      for (const [name, path] of await everyPage(page, demo, owner)) {
        await page.goto(demo.url + path);
        await screenshot(page, `${name}-${look}`);
        await expectNoSidewaysScroll(page);
        await expectAccessible(page);
        if (name === "not-found") page.problems.length = 0; // the browser reports the 404 itself
      }
      expectClean(page);
      await page.context().close();
    });
});

test("settings are changed with the keyboard alone, and a mistake is said where it is", async (t) => {
  const demo = await startDemo(t, "settings");
  const owner = userWith(demo, "Owner");
  const page = await openPage(await launch(t));
  await signIn(page, demo, owner);
  await page.goto(`${demo.url}/t/${owner.tenant}`);
  await page.getByRole("link", { name: "Settings", exact: true }).press("Enter");
  const field = page.getByRole("textbox", { name: "Days to keep completed operations" });
  await field.press("9");
  await field.press("x");
  await field.press("Enter");
  await page.locator("[role=alert][data-focus]:focus").waitFor();
  await expectAccessible(page);
  await screenshot(page, "settings-problem");
  page.problems.length = 0; // the browser reports the 422 itself
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.locator("#keep_days:focus").waitFor();
  await field.fill("45");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.locator("#toasts .toast").getByText("Settings saved.").waitFor();
  assert.equal(await field.inputValue(), "45");
  expectClean(page);
});

test("reading works without script", async (t) => {
  const demo = await startDemo(t, "no-script");
  const reader = userWith(demo, "Readonly");
  const browser = await launch(t);
  const page = await openPage(browser, { javaScriptEnabled: false });
  await signIn(page, demo, reader);
  for (const tail of pages) {
    const answer = await page.goto(`${demo.url}/t/${reader.tenant}${tail}`);
    assert.equal(answer.status(), 200, tail);
  }
});

test("someone who may only read sees the control, switched off, with the reason", async (t) => {
  const demo = await startDemo(t, "readonly");
  const reader = userWith(demo, "Readonly");
  const browser = await launch(t);
  const page = await openPage(browser);
  await signIn(page, demo, reader);
  await page.goto(`${demo.url}/t/${reader.tenant}/inventory`);
  const button = page.getByRole("button", { name: /Sync now/ }).first();
  assert.equal((await button.getAttribute("aria-disabled")) === "true" || (await button.isDisabled()), true);
  assert.ok((await page.content()).includes("Insufficient permission. Ask a tenant Owner."));
  expectClean(page);
});
