// Runs the real program, as a person at a shell would.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

export const root = new URL("../../../", import.meta.url).pathname;
export const artifacts = join(root, "build/artifacts");
const binary = join(root, "build/release/tenantatlas");

// A folder of its own, gone when the test `t` ends.
export function tempFolder(t) {
  const folder = mkdtempSync(join(tmpdir(), "tenantatlas-e2e-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

// Where programs run: what they make beside themselves must not land in the repository.
const scratch = mkdtempSync(join(tmpdir(), "tenantatlas-e2e-"));
process.on("exit", () => rmSync(scratch, { recursive: true, force: true }));

// Only what we mean to pass: a developer's own TENANTATLAS_* must not steer a test.
function environment(more = {}) {
  const { PATH, HOME, TMPDIR } = process.env;
  return { PATH, HOME, ...(TMPDIR && { TMPDIR }), ...more };
}

// Runs to the end: {code, stdout, stderr}.
export async function run(args, { env = {}, input = "", deadlineMs = 60_000 } = {}) {
  const child = spawn(binary, args, { cwd: scratch, env: environment(env), timeout: deadlineMs });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (bytes) => (stdout += bytes));
  child.stderr.on("data", (bytes) => (stderr += bytes));
  child.stdin.on("error", () => {}).end(input);
  const [code, signal] = await once(child, "close");
  return { code, signal, stdout, stderr };
}

// A program that keeps running. `ready` is the first line of standard output, read as JSON (a silent program has none).
export class Program {
  #child;
  #closed;
  log = "";

  static async start(t, name, args, { env = {}, deadlineMs = 60_000, silent = false } = {}) {
    const program = new Program();
    mkdirSync(join(artifacts, "logs"), { recursive: true });
    const child = (program.#child = spawn(binary, args, {
      env: environment(env),
      stdio: ["ignore", "pipe", "pipe"],
    }));
    program.#closed = once(child, "close");
    const file = createWriteStream(join(artifacts, "logs", `${name}.log`));
    child.stderr.on("data", (bytes) => {
      program.log += bytes;
      file.write(bytes);
    });
    t.after(() => program.stop());
    if (!silent) program.ready = await program.#firstLine(name, deadlineMs);
    return program;
  }

  async #firstLine(name, deadlineMs) {
    const lines = createInterface({ input: this.#child.stdout });
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), deadlineMs);
    const ended = this.#closed.then(() => {
      throw new Error(`${name} ended before it was ready:\n${this.log}`);
    });
    ended.catch(() => {});
    const [line] = await Promise.race([once(lines, "line"), ended]).finally(() => clearTimeout(timer));
    try {
      return JSON.parse(line);
    } catch {
      throw new Error(`${name} did not print one line of JSON but: ${line}`);
    }
  }

  get pid() {
    return this.#child.pid;
  }

  // As Ctrl-C does; a program that will not end within twenty seconds is killed, which the caller can see in
  // `forced`.
  async stop() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill("SIGTERM");
    const timer = setTimeout(() => {
      this.forced = true;
      this.#child.kill("SIGKILL");
    }, 20_000);
    await this.#closed;
    clearTimeout(timer);
  }

  // As a power cut does.
  async kill() {
    this.#child.kill("SIGKILL");
    await this.#closed;
  }
}

// The demo, ready: {url, simulator_url, database, tenants, users} and its Program.
export async function startDemo(t, name, args = [], options = {}) {
  const program = await Program.start(t, name, ["demo", "--json", "--port", "0", ...args], options);
  return { program, ...program.ready };
}

export function userWith(demo, role) {
  const user = demo.users.find((candidate) => candidate.role.toLowerCase() === role.toLowerCase());
  if (!user) throw new Error(`the demo has no ${role}`);
  return user;
}

// What the demo made, without the demo: its data, users and key remain, its processes are gone (killed, so that it
// cannot tidy up). `env` lets other processes read the credentials.
export async function abandonedDemo(t, name, args = []) {
  const folder = tempFolder(t);
  const demo = await startDemo(t, name, args, { env: { TMPDIR: folder } });
  await demo.program.kill();
  const key = readdirSync(folder, { recursive: true }).find((file) => file.endsWith("master.key"));
  const env = { TENANTATLAS_MASTER_KEY_FILE: join(folder, key), TENANTATLAS_ALLOW_CUSTOM_ENDPOINTS: "true" };
  return { ...demo, env };
}
