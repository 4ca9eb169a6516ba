// Debian's Chromium, headless; every page is watched for script errors and reports of the content security policy.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import { chromium } from "playwright-core";
import { artifacts } from "./program.mjs";

const screenshots = join(artifacts, "screenshots");
mkdirSync(screenshots, { recursive: true });

export async function launch(t) {
  const browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
  t.after(() => browser.close());
  return browser;
}

// A page in a context of its own. `problems` collects what must stay empty: expectClean() checks it.
export async function openPage(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  page.problems = [];
  page.on("pageerror", (error) => page.problems.push(`script error: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error") page.problems.push(`console: ${message.text()}`);
  });
  page.on("request", (request) => {
    if (!/^(https?:\/\/127\.0\.0\.1[:/]|data:|blob:)/.test(request.url()))
      page.problems.push(`left: ${request.url()}`);
  });
  await context.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) =>
      console.error(`CSP ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`),
    );
  });
  return page;
}

export function expectClean(page) {
  assert.deepEqual(page.problems, []);
}

export async function signIn(page, demo, user) {
  await page.goto(`${demo.url}/login`);
  await page.getByLabel("Email").fill(user.email);
  await page.getByLabel("Password").fill(user.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL((url) => !url.pathname.startsWith("/login"));
}

// WCAG 2.2 AA: nothing serious or critical.
export async function expectAccessible(page) {
  const { violations } = await new AxeBuilder({ page })
    .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"])
    .analyze();
  const grave = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  const told = grave.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => node.html).join(" | ")}`);
  assert.deepEqual(told, [], `axe on ${page.url()}`);
}

export async function expectNoSidewaysScroll(page) {
  const wider = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  assert.equal(wider, 0, `${page.url()} scrolls sideways by ${wider} px`);
}

export function screenshot(page, name) {
  return page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: false });
}
