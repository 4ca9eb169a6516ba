// Microsoft's own clients, used as their documentation says; run with NODE_EXTRA_CA_CERTS set to the simulator's
// authority. The first argument is what `graph-sim` printed, the second a folder for scratch files; prints one JSON
// object with what the clients saw.
import { execFileSync } from "node:child_process";
import { createHash, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ConfidentialClientApplication, CryptoProvider, PublicClientApplication } from "@azure/msal-node";
import graphClient from "@microsoft/microsoft-graph-client";

const { BatchRequestContent, BatchResponseContent, Client, PageIterator } = graphClient;
const simulator = JSON.parse(process.argv[2]);
const tenant = simulator.tenants[0];

const scopes = ["https://graph.microsoft.com/.default"];
const appOf = (purpose) => tenant.apps.find((one) => one.purpose === purpose);

// Where the client finds its tenant, whatever the host.
function directory(tenantId = tenant.tenant_id) {
  return {
    authority: `${simulator.https_url}/${tenantId}`,
    knownAuthorities: [new URL(simulator.https_url).host],
  };
}

function application({ purpose = "full", secret, tenantId } = {}) {
  const app = appOf(purpose);
  const clientSecret = secret ?? app.client_secret;
  return new ConfidentialClientApplication({ auth: { clientId: app.client_id, clientSecret, ...directory(tenantId) } });
}

const acquire = (client) =>
  client.acquireTokenByClientCredential({ scopes });

async function admin(path, body) {
  const answer = await fetch(`${simulator.url}/_sim/${path}`, { method: "POST", body: JSON.stringify(body) });
  return answer.json();
}

// A key pair as a person would make it for an app registration.
function newCertificate(name) {
  const [key, certificate] = ["key", "cert"].map((kind) => join(process.argv[3], `${name}-${kind}.pem`));
  const subject = ["-subj", `/CN=${name}`, "-days", "2", "-keyout", key, "-out", certificate];
  execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", ...subject], { stdio: "ignore" });
  return { privateKey: readFileSync(key, "utf8"), pem: readFileSync(certificate, "utf8") };
}

const thumbprint = (kind, pem) => createHash(kind).update(new X509Certificate(pem).raw).digest("hex");

// Signs in with each kind of thumbprint, and with a certificate that the app does not know.
async function certificates() {
  const clientId = appOf("full").client_id;
  const known = newCertificate("known");
  await admin("apps", { tenant: tenant.tenant_id, client_id: clientId, certificate: known.pem });
  const signIn = async (clientCertificate) => {
    try {
      const client = new ConfidentialClientApplication({ auth: { clientId, clientCertificate, ...directory() } });
      return (await acquire(client)).tokenType;
    } catch (error) {
      return error.errorMessage;
    }
  };
  const unknown = newCertificate("unknown");
  return {
    sha256: await signIn({ privateKey: known.privateKey, thumbprintSha256: thumbprint("sha256", known.pem) }),
    sha1: await signIn({ privateKey: known.privateKey, thumbprint: thumbprint("sha1", known.pem) }),
    unknown: await signIn({ privateKey: unknown.privateKey, thumbprintSha256: thumbprint("sha256", unknown.pem) }),
  };
}

const people = () =>
  new PublicClientApplication({ auth: { clientId: appOf("public").client_id, ...directory() } });

// What a person does at a sign-in page: the form goes to the page's own address.
function fillIn(page, fields) {
  return fetch(page, { method: "POST", body: new URLSearchParams(fields), redirect: "manual" });
}

async function pollsSeen() {
  const { requests } = await (await fetch(`${simulator.url}/_sim/requests?limit=1000`)).json();
  return requests.filter((one) => one.path.endsWith("/token") && one.status === 400).length;
}

// `decision` "accept" waits until the client has been told once that the code is pending.
async function deviceCode(decision) {
  const before = await pollsSeen();
  let decided;
  const decide = async ({ verificationUri, userCode }) => {
    const deadline = Date.now() + 20_000;
    while (decision === "accept" && (await pollsSeen()) === before && Date.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 50));
    await fillIn(verificationUri, { code: userCode, decision });
  };
  const deviceCodeCallback = (asked) => {
    decided = decide(asked);
    return decision === "accept" ? undefined : decided;
  };
  try {
    const result = await people().acquireTokenByDeviceCode({ scopes: ["Group.Read.All"], deviceCodeCallback });
    await decided;
    return { user: result.account.username, groups: await statusOf(result.accessToken, "/groups") };
  } catch (error) {
    return { error: error.errorMessage };
  }
}

// The browser's part is played with fetch; then the account is used silently, with and without the cache.
async function codeWithPkce() {
  const client = people();
  const redirectUri = "http://localhost:4711/back";
  const { verifier, challenge } = await new CryptoProvider().generatePkceCodes();
  const request = { scopes: ["DeviceManagementConfiguration.Read.All"], redirectUri, state: "from here" };
  const page = await client.getAuthCodeUrl({
    ...request,
    responseMode: "query",
    codeChallenge: challenge,
    codeChallengeMethod: "S256",
  });
  const back = await fillIn(page, { user: tenant.users[1], decision: "accept" });
  const query = new URL(back.headers.get("location")).searchParams;
  const result = await client.acquireTokenByCode({ ...request, code: query.get("code"), codeVerifier: verifier });
  const silent = (forceRefresh) =>
    client.acquireTokenSilent({ scopes: request.scopes, account: result.account, forceRefresh });
  const again = await client
    .acquireTokenByCode({ ...request, code: query.get("code"), codeVerifier: verifier })
    .catch((error) => error.errorMessage);
  return {
    state: query.get("state"),
    user: result.account.username,
    tenant: result.account.tenantId,
    claims: result.idTokenClaims.preferred_username,
    cached: (await silent(false)).fromCache,
    refreshed: (await silent(true)).fromCache === false,
    policies: await statusOf(result.accessToken, "/deviceManagement/configurationPolicies"),
    groups: await statusOf(result.accessToken, "/groups"),
    again,
  };
}

// Tokens end in the middle of a run: the old one is refused, one that is asked for anew is good.
async function expiry(client, accessToken) {
  await admin("tokens", { expire_all: true });
  const before = await statusOf(accessToken, "/organization");
  const fresh = await client.acquireTokenByClientCredential({ scopes, skipCache: true });
  return { before, after: await statusOf(fresh.accessToken, "/organization") };
}

async function statusOf(accessToken, path) {
  const error = await graphError(graph(accessToken), path);
  return error?.statusCode ?? 200;
}

// The error's code and text, or null when it worked.
async function refusal(change) {
  try {
    await acquire(application(change));
    return null;
  } catch (error) {
    return { code: error.errorCode, message: error.errorMessage };
  }
}

function graph(accessToken) {
  return Client.init({
    baseUrl: simulator.https_url,
    customHosts: new Set([new URL(simulator.https_url).hostname]),
    defaultVersion: "beta",
    authProvider: (done) => done(null, accessToken),
  });
}

async function iterate(client, path) {
  const ids = [];
  const iterator = new PageIterator(client, await client.api(path).get(), (object) => {
    ids.push(object.id);
    return true;
  });
  await iterator.iterate();
  return ids;
}

async function batch(client) {
  const part = (id, url, dependsOn) => ({ id, request: new Request(new URL(url, "https://graph.example")), dependsOn });
  const content = new BatchRequestContent([
    part("1", "/organization"),
    part("2", "/deviceManagement/nonsense", ["1"]),
    part("3", "/groups?$top=2", ["2"]),
  ]);
  const answer = new BatchResponseContent(await client.api("/$batch").post(await content.getContent()));
  const statuses = {};
  for (const [id, response] of answer.getResponses()) statuses[id] = response.status;
  return { statuses, organization: (await answer.getResponseById("1").json()).value[0].id };
}

async function graphError(client, path) {
  try {
    await client.api(path).get();
    return null;
  } catch (error) {
    return { statusCode: error.statusCode, code: error.code, requestId: error.requestId };
  }
}

const app = application();
const first = await acquire(app);
const second = await acquire(app);
const client = graph(first.accessToken);
await admin("faults", { path_contains: "organization", status: 429, retry_after_seconds: 1, count: 1 });

console.log(
  JSON.stringify({
    token: { type: first.tokenType, cached: second.fromCache },
    refusals: {
      wrong_secret: await refusal({ secret: "wrong" }),
      expired: await refusal({ purpose: "expired_secret" }),
      no_consent: await refusal({ purpose: "no_consent" }),
      unknown_tenant: await refusal({ tenantId: "00000000-0000-0000-0000-00000000dead" }),
    },
    certificates: await certificates(),
    device: { accepted: await deviceCode("accept"), declined: await deviceCode("decline") },
    code: await codeWithPkce(),
    retried: (await client.api("/organization").get()).value[0].id,
    policies: await iterate(client, "/deviceManagement/configurationPolicies"),
    groups: await iterate(client, "/groups?$select=id&$top=10"),
    filtered: (await client.api("/groups").version("v1.0").filter("mailEnabled eq true").select("id,mail").get()).value,
    batch: await batch(client),
    missing: await graphError(client, "/groups/00000000-0000-0000-0000-00000000dead"),
    forbidden: await graphError(
      graph((await acquire(application({ purpose: "limited" }))).accessToken),
      "/deviceManagement/deviceManagementScripts",
    ),
    expiry: await expiry(app, first.accessToken),
  }),
);
