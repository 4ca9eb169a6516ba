// What a browser shows when access ends while a page is open, and the password on the profile page.
import assert from "node:assert/strict";
import { test } from "node:test";
import { expectAccessible, expectNoSidewaysScroll, launch, openPage, screenshot, signIn } from "./kit/browser.mjs";
import { run, startDemo, userWith } from "./kit/program.mjs";

const looks = [
  ["light", 1440],
  ["dark", 1440],
  ["light", 360],
  ["dark", 360],
];

test("a page says that its access has ended, and does not knock again", async (t) => {
  const demo = await startDemo(t, "access");
  const operator = userWith(demo, "Operator");
  const browser = await launch(t);
  const command = (...args) => run([...args, "--database", demo.database]);

  const openLive = async (user, path = "/operations") => {
    const page = await openPage(browser);
    await signIn(page, demo, user);
    await page.goto(`${demo.url}/t/${user.tenant}${path}`);
    await page.locator('.ta-live[data-state="live"]').first().waitFor();
    return page;
  };
  // How often the browser asks for a stream within 5 s.
  const knocks = async (page) => {
    let count = 0;
    page.on("request", (request) => (count += /\/live/.test(request.url())));
    await page.waitForTimeout(5_000);
    return count;
  };

  await t.test("signed out elsewhere: the page says so within 5 s, with the way back", async () => {
    const page = await openLive(operator);
    const other = await page.context().newPage();
    await other.goto(`${demo.url}/t/${operator.tenant}`);
    await other.locator("#ta-user summary").click();
    await other.getByRole("button", { name: "Sign out" }).click();
    await other.waitForURL(/\/login/);
    const toast = page.locator("#toasts .toast");
    await toast.getByText("You were signed out.").waitFor({ timeout: 5_000 });
    await screenshot(page, "access-signed-out");
    await expectAccessible(page);
    assert.equal(await knocks(page), 0, "it goes on asking");
    await toast.getByRole("link", { name: "Sign in" }).click();
    await page.waitForURL(/\/login\?next=%2Ft%2F/);
    await page.context().close();
  });

  await t.test("a tab whose browser has signed in again goes on", async () => {
    const page = await openLive(operator);
    const other = await page.context().newPage();
    await other.goto(`${demo.url}/profile`);
    await other.getByLabel("Current password").fill(operator.password);
    await other.getByLabel("New password", { exact: true }).fill("staple battery horse");
    await other.getByLabel("New password again").fill("staple battery horse");
    await other.getByRole("button", { name: "Change password" }).click();
    await other.locator("#toasts .toast").getByText("Password changed.").waitFor();
    operator.password = "staple battery horse";
    await page.waitForTimeout(3_000);
    await page.locator('.ta-live[data-state="live"]').first().waitFor();
    assert.equal(await page.locator("#toasts .toast").count(), 0);
    await page.context().close();
  });

  await t.test("removed from the tenant, by another process", async () => {
    const page = await openLive(operator);
    const revoked = await command("user", "revoke", operator.email, "--tenant", operator.tenant);
    assert.equal(revoked.code, 0, revoked.stderr);
    await page.locator("#toasts .toast").getByText("You can no longer see this.").waitFor({ timeout: 5_000 });
    await screenshot(page, "access-no-access");
    assert.equal(await knocks(page), 0, "it goes on asking");
    await page.context().close();
  });
});

test("people change their own password", async (t) => {
  const demo = await startDemo(t, "password");
  const user = userWith(demo, "Manager");
  const browser = await launch(t);

  for (const [scheme, width] of looks)
    await t.test(`the form and its mistakes, ${scheme}, ${width} px`, async () => {
      const page = await openPage(browser, { colorScheme: scheme, viewport: { width, height: 900 } });
      await signIn(page, demo, user);
      await page.goto(`${demo.url}/profile`);
      await page.locator("#password").scrollIntoViewIfNeeded();
      await screenshot(page, `profile-password-${scheme}-${width}`);
      await expectAccessible(page);
      await expectNoSidewaysScroll(page);
      await page.getByLabel("Current password").fill(user.password);
      await page.getByLabel("New password", { exact: true }).fill("one new password");
      await page.getByLabel("New password again").fill("another new password");
      await page.getByRole("button", { name: "Change password" }).click();
      await page.getByRole("alert").getByText("The two new passwords are not the same.").waitFor();
      await page.locator("#password").scrollIntoViewIfNeeded();
      await screenshot(page, `profile-password-mistake-${scheme}-${width}`);
      await expectAccessible(page);
      await expectNoSidewaysScroll(page);
      await page.context().close();
    });

  await t.test("without script it works too", async () => {
    const page = await openPage(browser, { javaScriptEnabled: false });
    await signIn(page, demo, user);
    await page.goto(`${demo.url}/profile`);
    await page.getByLabel("Current password").fill(user.password);
    await page.getByLabel("New password", { exact: true }).fill("staple battery horse");
    await page.getByLabel("New password again").fill("staple battery horse");
    await page.getByRole("button", { name: "Change password" }).click();
    await page.getByText("Password changed.").waitFor();
    await screenshot(page, "profile-password-changed");
    await page.context().close();
    const again = await openPage(browser, { javaScriptEnabled: false });
    await signIn(again, demo, { ...user, password: "staple battery horse" });
  });
});
