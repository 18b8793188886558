// How apps hear that a session ended, in Chromium: two apps on hosts of their own are told by the back channel, framed by
// the page after sign-out, and one of them watches the browser's state from its own page.

import assert from "node:assert/strict";
import { createHash, createPublicKey, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { launch, launchProfile } from "../kit/chromium.mjs";
import { send } from "../kit/http.mjs";
import { PASSWORD, startPortvakt } from "../kit/portvakt.mjs";
import { freePort } from "../kit/process.mjs";
import { giveAddress, givePassword, password, primary } from "../kit/steps.mjs";
import { USUAL, visit, visitIn } from "../kit/visit.mjs";

const ANNA = "anna.svensson@nordvik.example";
const HOSTS = { hrm: "hrm.nordvik.test", desk: "desk.nordvik.test" };
const VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

let portvakt, chromium, server, port;
const apps = {};
/** What came to the apps, and who waits for more. */
const came = [];
let heard = () => {};

before(async () => {
  port = await freePort();
  const more = [
    ...["[legacy]", "frontchannel_logout = true", "session_management = true"],
    ...["[outbound]", `allow = "localhost:${port}"`, 'trust_anchors = "authority.pem"'],
  ];
  portvakt = await startPortvakt({ hosts: Object.values(HOSTS), more });
  await portvakt.nordvik();
  const { certificate, key } = portvakt.certificates;
  server = createServer({ cert: readFileSync(certificate), key: readFileSync(key) }, answer);
  await new Promise((ready) => server.listen(port, "127.0.0.1", ready));
  for (const [name, host] of Object.entries(HOSTS)) {
    const at = `https://${host}:${port}`;
    const made = await portvakt.cli(
      ...["app", "create", "--name", name, "--kind", "web", "--first-party", "--redirect-uri", `${at}/callback`],
      ...["--post-logout-redirect-uri", `${at}/bye`, "--frontchannel-logout-uri", `${at}/frame`],
      // The program finds no *.test: the back channel has a name of its own, as behind many a firewall.
      ...["--backchannel-logout-uri", `https://localhost:${port}/out/${name}`],
    );
    apps[name] = { at, ...made };
  }
  await portvakt.account(ANNA, "Anna Svensson");
  chromium = await launch(portvakt.certificates.pin);
});

after(async () => {
  await chromium?.close();
  server?.closeAllConnections();
  server?.close();
  await portvakt?.stop();
});

let profiles = 0;

/** A tab of a usual profile: our frame has its cookie there, and so have the apps'. */
async function visitFramed(t, options = {}) {
  const folder = join(portvakt.folder, `profile-${++profiles}`);
  return visitIn(await launchProfile(portvakt.certificates.pin, folder, { ...USUAL, ...options }), t);
}

/** Both apps: a page of their own at every path, and a cookie from the callback. */
function answer(request, response) {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const { method, url, headers } = request;
    came.push({ method, url, host: headers.host, cookie: headers.cookie ?? "", body: Buffer.concat(chunks).toString() });
    if (url.startsWith("/callback")) {
      response.setHeader("set-cookie", "__Host-app=in; Path=/; Secure; HttpOnly; SameSite=None");
    }
    const frame = `<iframe id=op title=op src="${portvakt.issuer}/check-session"></iframe>`;
    response.setHeader("content-type", "text/html");
    response.end(`<!doctype html><title>App</title><p id=back>${url.startsWith("/watch") ? frame : "App"}</p>`);
    heard();
  });
}

/** Waits until something has come to the apps. */
async function until(found) {
  for (;;) {
    const one = came.find(found);
    if (one) return one;
    await new Promise((more) => (heard = more));
  }
}

function request(app) {
  const challenge = createHash("sha256").update(VERIFIER).digest("base64url");
  const asked = { client_id: app.client_id, redirect_uri: `${app.at}/callback`, response_type: "code", scope: "openid" };
  return `${portvakt.issuer}/authorize?${new URLSearchParams({ ...asked, code_challenge: challenge, code_challenge_method: "S256" })}`;
}

/** The app takes its tokens; gives its id_token and the answer's session_state. */
async function redeem(app, page) {
  await page.waitForURL(`${app.at}/callback?**`);
  const given = new URL(page.url()).searchParams;
  const form = { grant_type: "authorization_code", code: given.get("code"), redirect_uri: `${app.at}/callback`, code_verifier: VERIFIER };
  const authorization = `Basic ${Buffer.from(`${app.client_id}:${app.client_secret}`).toString("base64")}`;
  const headers = { authorization, "content-type": "application/x-www-form-urlencoded" };
  const { authority } = portvakt;
  const body = new URLSearchParams(form).toString();
  const answer = await send(`${portvakt.issuer}/token`, { authority, method: "POST", headers, body });
  return { idToken: JSON.parse(answer.body).id_token, sessionState: given.get("session_state") };
}

async function signIn(page, app) {
  came.length = 0;
  await page.goto(request(app));
  await giveAddress(page, ANNA);
  await password(page).waitFor();
  await givePassword(page, PASSWORD);
  return redeem(app, page);
}

const part = (jwt, at) => JSON.parse(Buffer.from(jwt.split(".")[at], "base64url"));

function endSession(app, idToken) {
  const asked = { id_token_hint: idToken, post_logout_redirect_uri: `${app.at}/bye`, state: "s t&" };
  return `${portvakt.issuer}/end-session?${new URLSearchParams(asked)}`;
}

test("both apps of a session are told by the back channel, each with a token of its own", async (t) => {
  const page = await visit(chromium, t);
  const hrm = await signIn(page, apps.hrm);
  await page.goto(request(apps.desk));
  await redeem(apps.desk, page);
  await page.goto(endSession(apps.hrm, hrm.idToken));
  const { keys } = JSON.parse((await send(`${portvakt.issuer}/jwks`, { authority: portvakt.authority })).body);
  for (const [name, app] of Object.entries(apps)) {
    const told = await until((one) => one.url === `/out/${name}`);
    assert.equal(told.method, "POST");
    const token = new URLSearchParams(told.body).get("logout_token");
    const { alg, typ, kid } = part(token, 0);
    assert.deepEqual([alg, typ], ["RS256", "logout+jwt"]);
    const [header, claims, signature] = token.split(".");
    const key = createPublicKey({ key: keys.find((one) => one.kid === kid), format: "jwk" });
    assert.ok(verify("sha256", Buffer.from(`${header}.${claims}`), key, Buffer.from(signature, "base64url")));
    const said = part(token, 1);
    const known = part(hrm.idToken, 1);
    assert.deepEqual([said.iss, said.aud, said.sub, said.sid], [portvakt.issuer, app.client_id, known.sub, known.sid]);
    assert.ok("http://schemas.openid.net/event/backchannel-logout" in said.events && !("nonce" in said));
  }
});

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "as soon as the frames are there" : "without a script after a moment";
  test(`the page after sign-out frames both apps and goes on ${how}`, async (t) => {
    const page = await visitFramed(t, { javaScriptEnabled });
    const hrm = await signIn(page, apps.hrm);
    await page.goto(request(apps.desk));
    await redeem(apps.desk, page);
    came.length = 0;
    await page.goto(endSession(apps.hrm, hrm.idToken), { waitUntil: "commit" });
    await page.waitForURL(`${apps.hrm.at}/bye?**`);
    assert.equal(page.url(), `${apps.hrm.at}/bye?state=s+t%26`);
    for (const host of Object.values(HOSTS)) {
      const framed = await until((one) => one.url.startsWith("/frame?") && one.host === `${host}:${port}`);
      const said = new URLSearchParams(framed.url.split("?")[1]);
      assert.deepEqual([said.get("iss"), said.get("sid")], [portvakt.issuer, part(hrm.idToken, 1).sid]);
      assert.equal(framed.cookie, "__Host-app=in", "the app knows whom to sign out");
    }
  });
}

test("somebody who signs out on our own page has the apps framed too, and ends at our own page", async (t) => {
  const page = await visit(chromium, t);
  await signIn(page, apps.hrm);
  await page.goto(`${portvakt.issuer}/logout`);
  await primary(page).click();
  await page.waitForURL(`${portvakt.issuer}/logout/done`);
  await until((one) => one.url.startsWith("/frame?") && one.host.startsWith(HOSTS.hrm));
});

/** Opens a page of the app that frames ours; gives a way to ask it. */
async function watching(page, app) {
  await page.goto(`${app.at}/watch`);
  await page.frameLocator("#op").locator("body").waitFor({ state: "attached" });
  return (said) =>
    page.evaluate(
      ([said, issuer]) =>
        new Promise((heard) => {
          const listen = ({ origin, data }) => {
            if (origin !== issuer) return;
            removeEventListener("message", listen);
            heard(data);
          };
          addEventListener("message", listen);
          document.querySelector("#op").contentWindow.postMessage(said, issuer);
        }),
      [said, portvakt.issuer],
    );
}

test("an app's page sees that the session is the same, and that it is over", async (t) => {
  const page = await visitFramed(t);
  const hrm = await signIn(page, apps.hrm);
  const tab = await page.context().newPage();
  const ask = await watching(tab, apps.hrm);
  const mine = `${apps.hrm.client_id} ${hrm.sessionState}`;
  assert.equal(await ask(mine), "unchanged");
  for (const wrong of ["", "x", `${mine} x`, mine.replace(".", " "), `${mine}\n`]) assert.equal(await ask(wrong), "error", wrong);
  assert.equal(await ask(`${apps.desk.client_id} ${hrm.sessionState}`), "changed", "another app's state is none");
  const other = await page.context().newPage();
  assert.equal(await (await watching(other, apps.desk))(mine), "changed", "and none at another origin");
  // Signed on to the other app: nothing that the first would care for.
  await page.goto(request(apps.desk));
  await redeem(apps.desk, page);
  assert.equal(await ask(mine), "unchanged");
  await page.goto(endSession(apps.hrm, hrm.idToken), { waitUntil: "commit" });
  await page.waitForURL(`${apps.hrm.at}/bye?**`);
  assert.equal(await ask(mine), "changed");
});

test("where the browser keeps cookies from frames, an app is told that nothing can be said, and sign-out goes on", async (t) => {
  const page = await visit(chromium, t);
  const hrm = await signIn(page, apps.hrm);
  const ask = await watching(await page.context().newPage(), apps.hrm);
  assert.equal(await ask(`${apps.hrm.client_id} ${hrm.sessionState}`), "error", "not changed: that would be asked for ever");
  await page.goto(endSession(apps.hrm, hrm.idToken), { waitUntil: "commit" });
  await page.waitForURL(`${apps.hrm.at}/bye?**`);
  const framed = await until((one) => one.url.startsWith("/frame?"));
  assert.equal(framed.cookie, "", "the app can't know whose session it was but by the sid");
});
