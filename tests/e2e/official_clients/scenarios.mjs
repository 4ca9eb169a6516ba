// Microsoft's own clients, used as their documentation says; run with NODE_EXTRA_CA_CERTS set to the simulator's
// authority. The first argument is what `graph-sim` printed; prints one JSON object with what the clients saw.
import { ConfidentialClientApplication } from "@azure/msal-node";
import graphClient from "@microsoft/microsoft-graph-client";

const { BatchRequestContent, BatchResponseContent, Client, PageIterator } = graphClient;
const simulator = JSON.parse(process.argv[2]);
const tenant = simulator.tenants[0];

function application({ purpose = "full", secret, tenantId = tenant.tenant_id } = {}) {
  const app = tenant.apps.find((one) => one.purpose === purpose);
  return new ConfidentialClientApplication({
    auth: {
      clientId: app.client_id,
      clientSecret: secret ?? app.client_secret,
      authority: `${simulator.https_url}/${tenantId}`,
      knownAuthorities: [new URL(simulator.https_url).host],
    },
  });
}

const acquire = (client) =>
  client.acquireTokenByClientCredential({ scopes: ["https://graph.microsoft.com/.default"] });

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

async function fault(fault) {
  await fetch(`${simulator.url}/_sim/faults`, { method: "POST", body: JSON.stringify(fault) });
}

const app = application();
const first = await acquire(app);
const second = await acquire(app);
const client = graph(first.accessToken);
await fault({ path_contains: "organization", status: 429, retry_after_seconds: 1, count: 1 });

console.log(
  JSON.stringify({
    token: { type: first.tokenType, cached: second.fromCache },
    refusals: {
      wrong_secret: await refusal({ secret: "wrong" }),
      expired: await refusal({ purpose: "expired_secret" }),
      no_consent: await refusal({ purpose: "no_consent" }),
      unknown_tenant: await refusal({ tenantId: "00000000-0000-0000-0000-00000000dead" }),
    },
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
  }),
);
