// What can be wrong before the first request: one sentence on standard error, and the right exit code.
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { postgresDatabase, sql } from "./kit/postgres.mjs";
import { Program, abandonedDemo, run, tempFolder } from "./kit/program.mjs";

const serve = (database, ...more) => run(["serve", "--database", database, "--port", "0", ...more]);

test("every command explains itself", async () => {
  for (const command of [
    "",
    "serve",
    "worker",
    "migrate",
    "demo",
    "graph-sim",
    "run",
    "tenant",
    "user",
    "token",
    "doctor",
    "bench",
    "version",
  ]) {
    const { code, stdout } = await run([...(command ? [command] : []), "--help"]);
    assert.equal(code, 0, command);
    assert.match(stdout, /usage|Usage|OPTIONS|Options/, command);
  }
});

test("a wrong command line is told from a failure", async () => {
  for (const args of [["explode"], ["serve", "--port", "many"], ["serve", "--no-such-flag"], ["run", "start"]]) {
    const { code, stderr } = await run(args);
    assert.equal(code, 2, `${args}: ${stderr}`);
    assert.notEqual(stderr.trim(), "");
  }
});

test("a busy port", async (t) => {
  const other = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => other.on("listening", resolve));
  t.after(() => other.close());
  const { port } = other.address();
  const database = `sqlite:${join(tempFolder(t), "a.db")}`;
  await run(["migrate", "--database", database]);
  for (const args of [["serve", "--database", database], ["demo", "--json"], ["graph-sim"]]) {
    const { code, stderr } = await run([...args, "--port", `${port}`]);
    assert.equal(code, 1, `${args[0]}: ${stderr}`);
    assert.match(stderr, new RegExp(`${port}`));
    assert.match(stderr, /busy/);
  }
});

test("a database that is not there, without telling its password", async () => {
  const { code, stderr } = await serve("postgresql://ta:very-secret-word@127.0.0.1:1/tenantatlas");
  assert.equal(code, 1);
  assert.match(stderr, /127\.0\.0\.1/);
  assert.doesNotMatch(stderr, /very-secret-word/);
});

test("a database that cannot be one", async (t) => {
  const folder = tempFolder(t);
  writeFileSync(join(folder, "letter.db"), "Dear Sir or Madam,\n".repeat(100));
  for (const database of [
    `sqlite:${join(folder, "no/such/folder/a.db")}`,
    `sqlite:${join(folder, "letter.db")}`,
    "mysql://x",
  ]) {
    const { code, stderr } = await serve(database);
    assert.ok(code === 1 || code === 2, `${database}: ${code} ${stderr}`);
    assert.notEqual(stderr.trim(), "");
  }
});

test("a master key that is missing or wrong", async (t) => {
  const demo = await abandonedDemo(t, "wrong-key-demo");
  const missing = join(tempFolder(t), "none.key");
  const { code, stderr } = await serve(demo.database, "--master-key-file", missing);
  assert.equal(code, 1, stderr);
  assert.match(stderr, /is missing, and the database holds 3 credentials/);
  assert.ok(!existsSync(missing), "no new key was made");
  const env = { TENANTATLAS_MASTER_KEY: "ab".repeat(32) };
  const args = ["serve", "--json", "--port", "0", "--database", demo.database];
  const server = await Program.start(t, "wrong-key-serve", args, { env });
  assert.match(server.log, /error master_key\.wrong/);
  assert.match(server.log, /3 credentials in the database were sealed with another master key/);
  const limits = readFileSync(`/proc/${server.pid}/limits`, "utf8");
  assert.match(limits, /Max core file size +0 +0/, "keys are in its memory");
});

const newer = "INSERT INTO schema_migrations (version, name) VALUES (9999, 'from_the_future')";

async function engines(t) {
  const file = join(tempFolder(t), "schema.db");
  const postgres = await postgresDatabase(t);
  return [
    { url: `sqlite:${file}`, execute: (text) => new DatabaseSync(file).exec(text) },
    { url: postgres, execute: (text) => sql(postgres, text) },
  ];
}

test("a schema newer than the program is refused, and nothing is changed", async (t) => {
  for (const { url, execute } of await engines(t)) {
    assert.equal((await run(["migrate", "--database", url])).code, 0, url);
    await execute(newer);
    for (const command of [["serve", "--port", "0"], ["worker"], ["migrate"]]) {
      const { code, stderr } = await run([...command, "--database", url]);
      assert.equal(code, 1, `${command[0]}: ${stderr}`);
      assert.match(stderr, /9999/);
    }
    await execute("DELETE FROM schema_migrations WHERE version = 9999");
    assert.equal((await run(["migrate", "--database", url])).code, 0, url);
  }
});
