// Pages without a browser: signing in by form, and following every link.
import { call } from "./api.mjs";

const cookies = (answer) =>
  answer.headers
    .getSetCookie()
    .map((field) => field.split(";")[0])
    .join("; ");

export async function postLogin(demo, email, password) {
  const form = await call(`${demo.url}/login`);
  const csrf = form.text.match(/name="_csrf" value="([^"]+)"/)[1];
  return call(`${demo.url}/login`, {
    method: "POST",
    headers: { Cookie: cookies(form), "Content-Type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ _csrf: csrf, email, password }).toString(),
  });
}

// The Cookie header of a session.
export async function sessionOf(demo, user) {
  const answer = await postLogin(demo, user.email, user.password);
  if (answer.status !== 303) throw new Error(`signing in as ${user.email}: ${answer.status} ${answer.text}`);
  return cookies(answer);
}

// The token that a form of our own pages carries.
export async function csrfOf(demo, session, path) {
  const page = await call(demo.url + path, { headers: { Cookie: session } });
  return page.text.match(/name="_csrf" value="([^"]+)"/)?.[1];
}

// Opens `start` and what it links to, up to `most` pages: [{path, status, text}].
export async function crawl(url, session, start, most = 60) {
  const seen = new Set();
  const waiting = [...start];
  const pages = [];
  while (waiting.length > 0 && pages.length < most) {
    const path = waiting.shift();
    if (seen.has(path)) continue;
    seen.add(path);
    const answer = await call(url + path, { headers: { Cookie: session } });
    pages.push({ path, status: answer.status, text: answer.text, location: answer.headers.get("location") });
    for (const [, link] of answer.text.matchAll(/<a\b[^>]*\shref="(\/[^"#]*)"/g))
      waiting.push(link.replaceAll("&amp;", "&"));
  }
  return pages;
}
