// Old apps that get tokens by way of the browser (OpenID Connect Core 3.2 and 3.3), in Chromium: by a form that posts
// itself, and behind the # of an address. The app is a server of the test's own that keeps what it was sent.

import assert from "node:assert/strict";
import { createHash, createPublicKey, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { after, before, test } from "node:test";
import { launch } from "../kit/chromium.mjs";
import { send } from "../kit/http.mjs";
import { PASSWORD, startPortvakt } from "../kit/portvakt.mjs";
import { giveAddress, givePassword, password } from "../kit/steps.mjs";

const ANNA = "anna.svensson@nordvik.example";
const HOST = "kiosk.nordvik.test";
const VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

let portvakt, kiosk, chromium, server, callback;
/** What came to the callback. */
const came = [];

before(async () => {
  portvakt = await startPortvakt({ hosts: [HOST], more: ["[legacy]", "response_types = true"] });
  await portvakt.nordvik();
  const { certificate, key } = portvakt.certificates;
  server = createServer({ cert: readFileSync(certificate), key: readFileSync(key) }, (request, response) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      const { method, url } = request;
      if (url.startsWith("/callback")) came.push({ method, url, body: Buffer.concat(chunks).toString() });
      response.setHeader("content-type", "text/html").end("<title>Kiosk</title><p id=back>Back at the kiosk");
    });
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  callback = `https://${HOST}:${server.address().port}/callback`;
  const types = ["code id_token token", "id_token token"].flatMap((type) => ["--response-type", type]);
  const made = ["app", "create", "--name", "Kiosk", "--kind", "web", "--redirect-uri", callback, "--first-party"];
  kiosk = await portvakt.cli(...made, ...types);
  await portvakt.account(ANNA, "Anna Svensson");
  chromium = await launch(portvakt.certificates.pin);
});

after(async () => {
  await chromium?.close();
  server?.closeAllConnections();
  server?.close();
  await portvakt?.stop();
});

/** A fresh profile with one tab. */
async function visit(t) {
  came.length = 0;
  const context = await chromium.newContext({ locale: "en-GB" });
  context.setDefaultTimeout(20_000);
  t.after(() => context.close());
  const page = await context.newPage();
  const faults = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) faults.push(message.text());
  });
  t.after(() => assert.deepEqual(faults, []));
  return page;
}

function request(type, more = {}) {
  const challenge = createHash("sha256").update(VERIFIER).digest("base64url");
  const asked = { client_id: kiosk.client_id, redirect_uri: callback, response_type: type, scope: "openid email" };
  const guards = { state: "s t&", nonce: "n-0S6", code_challenge: challenge, code_challenge_method: "S256" };
  return `${portvakt.issuer}/authorize?${new URLSearchParams({ ...asked, ...guards, ...more })}`;
}

async function signIn(page, address) {
  await page.goto(address);
  await giveAddress(page, ANNA);
  await password(page).waitFor();
  await givePassword(page, PASSWORD);
  await page.locator("#back").waitFor();
}

/** The id_token's claims, once its signature and its two hashes were computed here. */
async function checked(answer) {
  const { keys } = JSON.parse((await send(`${portvakt.issuer}/jwks`, { authority: portvakt.authority })).body);
  const [header, claims, signature] = answer.get("id_token").split(".");
  const part = (text) => JSON.parse(Buffer.from(text, "base64url"));
  const { kid, alg } = part(header);
  assert.equal(alg, "RS256");
  const key = createPublicKey({ key: keys.find((one) => one.kid === kid), format: "jwk" });
  assert.ok(verify("sha256", Buffer.from(`${header}.${claims}`), key, Buffer.from(signature, "base64url")));
  const half = (name) => createHash("sha256").update(answer.get(name)).digest().subarray(0, 16).toString("base64url");
  const said = part(claims);
  assert.equal(said.nonce, "n-0S6");
  assert.equal(said.at_hash, half("access_token"));
  if (answer.has("code")) assert.equal(said.c_hash, half("code"));
  return said;
}

async function userinfo(token) {
  const headers = { authorization: `Bearer ${token}` };
  const answer = await send(`${portvakt.issuer}/userinfo`, { authority: portvakt.authority, headers });
  return { status: answer.status, body: JSON.parse(answer.body) };
}

test("a form brings code, token and id_token to an old app, and no address ever holds them", async (t) => {
  const page = await visit(t);
  const seen = [];
  page.on("framenavigated", (frame) => seen.push(frame.url()));
  await signIn(page, request("code id_token token", { response_mode: "form_post" }));
  assert.equal(page.url(), callback);
  assert.deepEqual(came.map((one) => one.method), ["POST"]);
  const answer = new URLSearchParams(came[0].body);
  assert.deepEqual([answer.get("state"), answer.get("iss")], ["s t&", portvakt.issuer]);
  const said = await checked(answer);
  const person = await userinfo(answer.get("access_token"));
  assert.deepEqual([person.status, person.body.sub, person.body.email], [200, said.sub, ANNA]);
  for (const secret of ["code", "access_token", "id_token"].map((name) => answer.get(name))) {
    assert.ok(!seen.some((url) => url.includes(secret)), "an address holds a secret");
  }
});

test("an old app in the browser finds its tokens behind the #, which no server is sent", async (t) => {
  const page = await visit(t);
  // First by the page that goes on after the form, then, signed in, by redirect.
  for (const go of [signIn, async (page, address) => page.goto(address)]) {
    came.length = 0;
    await go(page, request("id_token token"));
    await page.locator("#back").waitFor();
    assert.deepEqual(came, [{ method: "GET", url: "/callback", body: "" }]);
    const answer = new URLSearchParams(await page.evaluate(() => location.hash.slice(1)));
    assert.deepEqual([...answer.keys()].sort(), ["access_token", "expires_in", "id_token", "iss", "scope", "state", "token_type"]);
    assert.equal(answer.get("state"), "s t&");
    await checked(answer);
    assert.equal((await userinfo(answer.get("access_token"))).status, 200);
  }
});

test("a refusal comes the way the tokens would have", async (t) => {
  const page = await visit(t);
  await page.goto(request("id_token token", { prompt: "none" }));
  await page.locator("#back").waitFor();
  assert.equal(new URLSearchParams(await page.evaluate(() => location.hash.slice(1))).get("error"), "login_required");
  await page.goto(request("id_token token", { prompt: "none", response_mode: "form_post" }));
  await page.waitForURL(callback);
  assert.equal(new URLSearchParams(came.at(-1).body).get("error"), "login_required");
});
