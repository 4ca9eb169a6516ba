// Databases on the PostgreSQL that the test command started.
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const execute = promisify(execFile);
let count = 0;

function server(database) {
  const given = process.env.TENANTATLAS_TEST_POSTGRES;
  if (!given) throw new Error("no PostgreSQL: run the tests under build/release/with_postgres");
  const [, head, query] = given.match(/^(postgresql:\/\/[^/]*)\/[^?]*(\?.*)?$/);
  return `${head}/${database}${query ?? ""}`;
}

// Runs one statement; gives the rows as text, one a line, columns separated by '|'.
export async function sql(url, text) {
  const { stdout } = await execute("psql", ["--no-psqlrc", "--tuples-only", "--no-align", "--command", text, url]);
  return stdout.trim();
}

// The URL of a new, empty database that goes when the test `t` ends.
export async function postgresDatabase(t) {
  const name = `ta_e2e_${process.pid}_${++count}`;
  await sql(server("postgres"), `CREATE DATABASE ${name}`);
  t.after(() => sql(server("postgres"), `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
  return server(name);
}
