// The HTTP API and the simulator's admin endpoint.
import { eventually } from "./wait.mjs";

// One request; the body is read as JSON where it is JSON.
export async function call(url, { method = "GET", token, json, body, headers = {} } = {}) {
  const answer = await fetch(url, {
    method,
    redirect: "manual",
    headers: {
      ...(token && { Authorization: `Bearer ${token}` }),
      ...(json !== undefined && { "Content-Type": "application/json" }),
      ...headers,
    },
    body: json !== undefined ? JSON.stringify(json) : body,
  });
  const text = await answer.text();
  const isJson = (answer.headers.get("content-type") ?? "").includes("json");
  return { status: answer.status, headers: answer.headers, text, json: isJson ? JSON.parse(text) : undefined };
}

export class Api {
  constructor(demo, user) {
    this.base = `${demo.url}/api/v1`;
    this.token = user.api_token;
  }
  get(path) {
    return call(this.base + path, { token: this.token });
  }
  post(path, json) {
    return call(this.base + path, { method: "POST", token: this.token, json });
  }
  start(tenant, type = "inventory.sync", inputs = {}) {
    return this.post(`/tenants/${tenant}/runs`, { type, inputs });
  }
  async run(tenant, id) {
    return (await this.get(`/tenants/${tenant}/runs/${id}`)).json?.run;
  }
  // The run once it has ended.
  ended(tenant, id) {
    return eventually(`run ${id} ends`, async () => {
      const run = await this.run(tenant, id);
      return run?.status === "completed" && run;
    });
  }
}

// Faults on purpose, and what the simulator was asked.
export class Simulator {
  constructor(demo) {
    this.base = `${demo.simulator_url}/_sim`;
  }
  fault(fault) {
    return call(`${this.base}/faults`, { method: "POST", json: fault });
  }
  heal() {
    return call(`${this.base}/faults`, { method: "DELETE" });
  }
  async requests() {
    return (await call(`${this.base}/requests`)).json;
  }
  async world() {
    return (await call(`${this.base}/world`)).json;
  }
}
