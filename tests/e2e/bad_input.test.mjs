// What people and scripts get wrong: a clear answer each, and nothing lost.
import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, describe, test } from "node:test";
import { Api, call } from "./kit/api.mjs";
import { csrfOf, postLogin, sessionOf } from "./kit/pages.mjs";
import { startDemo, userWith } from "./kit/program.mjs";

describe("bad input", () => {
  let demo, operator, api, runsUrl;
  const cleanup = [];

  before(async () => {
    demo = await startDemo({ after: (f) => cleanup.push(f) }, "bad-input");
    operator = userWith(demo, "Operator");
    api = new Api(demo, operator);
    runsUrl = `${api.base}/tenants/${operator.tenant}/runs`;
  });
  after(() => Promise.all(cleanup.map((f) => f())));

  const problem = (answer, status, detail) => {
    assert.equal(answer.status, status, answer.text.slice(0, 500));
    assert.match(answer.headers.get("content-type"), /application\/problem\+json/);
    assert.equal(answer.json.status, status);
    assert.ok(answer.json.title && answer.json.detail, answer.text);
    if (detail) assert.match(answer.json.detail, detail);
  };
  // The demo's people may belong to both tenants; one that the operator cannot see is made by nobody but its owner.
  const foreign = () => demo.tenants.find(({ slug }) => slug !== operator.tenant);

  test("an unknown tenant and somebody else's tenant look the same", async () => {
    const unknown = await api.start("no-such-tenant");
    problem(unknown, 404);
    const other = foreign();
    const theirs = await api.start(other.slug);
    problem(theirs, 404);
    assert.equal(
      theirs.json.detail.replaceAll(other.slug, "X"),
      unknown.json.detail.replaceAll("no-such-tenant", "X"),
    );
    for (const tail of ["/runs", "/runs/1"]) problem(await api.get(`/tenants/${other.slug}${tail}`), 404);
  });

  test("a run of another tenant is not found under one's own", async () => {
    problem(await api.get(`/tenants/${operator.tenant}/runs/999999999`), 404);
    problem(await api.get(`/tenants/${operator.tenant}/runs/not-a-number`), 404);
  });

  test("an unknown type", async () =>
    problem(await api.start(operator.tenant, "inventory.explode"), 422));

  test("inputs that make no sense", async () => {
    for (const inputs of [
      [],
      "x",
      7,
      null,
      { connection_id: "x" },
      { types: "all" },
      { types: [1] },
      { types: ["nonsense"] },
    ])
      problem(await api.start(operator.tenant, "inventory.sync", inputs), 422);
  });

  test("malformed JSON", async () => {
    for (const body of [
      "",
      "{",
      "[1,",
      '{"type":"inventory.sync"',
      "\xff\xfe",
      "<xml/>",
      '{"type":"a"} x',
      '{"type":1e999}',
    ])
      problem(
        await call(runsUrl, {
          method: "POST",
          token: api.token,
          body,
          headers: { "Content-Type": "application/json" },
        }),
        400,
      );
  });

  test("deeply nested JSON", async () => {
    const body = `{"type":"inventory.sync","inputs":${'{"a":'.repeat(5000)}1${"}".repeat(5000)}}`;
    problem(
      await call(runsUrl, {
        method: "POST",
        token: api.token,
        body,
        headers: { "Content-Type": "application/json" },
      }),
      400,
      /nested/,
    );
  });

  test("ten megabytes", async () => {
    const body = JSON.stringify({ type: "inventory.sync", inputs: { x: "y".repeat(10 << 20) } });
    const answer = await call(runsUrl, {
      method: "POST",
      token: api.token,
      body,
      headers: { "Content-Type": "application/json" },
    }).catch((error) => ({ status: 413, cut: error }));
    assert.equal(answer.status, 413);
    assert.equal((await call(`${demo.url}/healthz`)).status, 200);
  });

  test("a wrong method says which ones are right", async () => {
    const answer = await call(runsUrl, { method: "DELETE", token: api.token });
    assert.equal(answer.status, 405);
    assert.match(answer.headers.get("allow") ?? "", /GET.*POST|POST.*GET/);
    assert.ok([405, 501].includes((await call(runsUrl, { method: "BREW", token: api.token })).status));
  });

  test("no token, a wrong token, a token in the wrong place", async () => {
    for (const headers of [
      {},
      { Authorization: "Bearer nonsense" },
      { Authorization: "Basic YTpi" },
      { Authorization: "Bearer " },
    ])
      problem(await call(runsUrl, { headers }), 401);
    problem(await call(`${runsUrl}?token=${api.token}`), 401);
  });

  test("somebody who may only read starts nothing", async () => {
    const reader = userWith(demo, "Readonly");
    problem(await new Api(demo, reader).start(reader.tenant), 403);
  });

  test("filters that make no sense", async () => {
    for (const query of [
      "limit=0",
      "limit=x",
      "limit=100000",
      "cursor=%00",
      "cursor=bm9uc2Vuc2U",
      "from=yesterday",
      "status=odd",
      "sort=-secret",
    ])
      problem(await api.get(`/tenants/${operator.tenant}/runs?${query}`), 422);
  });

  test("what is no text is named, in every part of a request", async () => {
    const session = await sessionOf(demo, operator);
    for (const bad of ["%FF", "%00", "%ED%A0%80", "%1B%5B2J"]) {
      for (const path of ["/runs?type=", "/runs?cursor=", "/runs/"])
        problem(await api.get(`/tenants/${operator.tenant}${path}${bad}`), 422, /is not UTF-8|control character/);
      for (const path of ["/inventory?q=", "/inventory?type=", "/operations?type=", "/inventory/"]) {
        const page = await call(`${demo.url}/t/${operator.tenant}${path}${bad}`, { headers: { Cookie: session } });
        assert.equal(page.status, 422, path + bad);
        assert.match(page.text, /is not UTF-8|control character/);
      }
    }
    for (const type of ["x\\u0000", "x\\ud800", "x\\u001b"]) {
      const body = `{"type":"${type}"}`;
      const headers = { "Content-Type": "application/json" };
      problem(await call(runsUrl, { method: "POST", token: api.token, body, headers }), 422);
    }
  });

  test("a + that was not escaped is explained, unknown parameters are refused", async () => {
    const runs = `/tenants/${operator.tenant}/runs`;
    problem(await api.get(`${runs}?from=2026-11-21T08:00:00+02:00`), 422, /%2B02:00/);
    problem(await api.get(`${runs}?from=0000-01-01T00:00:00Z`), 422, /from/);
    problem(await api.get(`${runs}?form=2026-11-21`), 422, /form/);
    problem(await api.get("/notifications?before=abc"), 422, /before/);
    assert.equal((await api.get(`${runs}?from=2026-11-21&to=2026-11-21`)).status, 200);
  });

  test("an expired or invented session leads to the sign-in and back", async () => {
    const path = `/t/${operator.tenant}/inventory`;
    for (const cookie of ["", "ta_session=invented"]) {
      const page = await call(demo.url + path, { headers: { Cookie: cookie, Accept: "text/html" } });
      assert.equal(page.status, 303);
      assert.equal(page.headers.get("location"), `/login?next=${encodeURIComponent(path)}`);
      const part = await call(demo.url + path, {
        headers: { Cookie: cookie, "HX-Request": "true", "HX-Request-Type": "partial" },
      });
      assert.equal(part.status, 401);
      assert.match(part.headers.get("hx-redirect"), /^\/login/);
    }
  });

  test("a form without its token changes nothing", async () => {
    const session = await sessionOf(demo, operator);
    const inventory = `/t/${operator.tenant}/inventory`;
    const page = await call(demo.url + inventory, { headers: { Cookie: session } });
    const action = page.text.match(/<form[^>]*method="post"[^>]*action="(\/t\/[^"]+)"/)?.[1];
    assert.ok(action, "the inventory has no form to start a sync");
    const newest = async () => (await api.get(`/tenants/${operator.tenant}/runs?limit=1`)).json.runs?.[0]?.id;
    const before = await newest();
    const stolen = await csrfOf(demo, await sessionOf(demo, userWith(demo, "Manager")), inventory);
    for (const token of ["", "wrong", stolen])
      for (const headers of [{}, { "X-CSRF-Token": token }]) {
        const answer = await call(demo.url + action, {
          method: "POST",
          headers: { Cookie: session, "Content-Type": "application/x-www-form-urlencoded", ...headers },
          body: new URLSearchParams({ _csrf: token }).toString(),
        });
        assert.equal(answer.status, 403, answer.text.slice(0, 300));
      }
    assert.equal(await newest(), before);
  });

  test("a wrong password is told without saying what was wrong", async () => {
    const texts = [];
    for (const email of [operator.email, "nobody@example.com"])
      texts.push(
        (await postLogin(demo, email, "wrong password")).text.match(/There is a problem\.<\/strong>([^<]*)/)?.[1],
      );
    assert.ok(texts[0]);
    assert.equal(texts[0], texts[1]);
  });

  test("bytes that are not HTTP do not disturb the others", async () => {
    const { port } = new URL(demo.url);
    for (const bytes of [
      "\0\0\0\0",
      "GET\r\n\r\n",
      "GET / HTTP/9.9\r\n\r\n",
      `GET /${"a".repeat(100_000)} HTTP/1.1\r\n\r\n`,
      "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    ])
      await new Promise((resolve) => {
        const socket = connect(port, "127.0.0.1", () => socket.end(bytes));
        socket.on("close", resolve).on("error", resolve).resume();
      });
    assert.equal((await call(`${demo.url}/healthz`)).status, 200);
  });
});
