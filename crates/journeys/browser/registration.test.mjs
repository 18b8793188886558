// An app that registered itself, as people meet it: its name in their language, the host that it sends them to, its
// picture from our own site, its policies, and a word that nobody checked it.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { after, before, test } from "node:test";
import { crc32, deflateSync } from "node:zlib";
import { launch } from "../kit/chromium.mjs";
import { send } from "../kit/http.mjs";
import { look } from "../kit/looks.mjs";
import { PASSWORD, startPortvakt } from "../kit/portvakt.mjs";
import { freePort } from "../kit/process.mjs";
import { giveAddress, givePassword } from "../kit/steps.mjs";
import { visit } from "../kit/visit.mjs";

const LANGUAGES = {
  sv: { locale: "sv-SE", name: "Fältrapport", initials: "FÄ", unchecked: /har registrerat sig själv/ },
  nb: { locale: "nb-NO", name: "Fieldreport", initials: "FI", unchecked: /har registrert seg selv/ },
  en: { locale: "en-GB", name: "Fieldreport", initials: "FI", unchecked: /registered itself/ },
};
const HOST = "app.partner.test";
const ANNA = "anna.svensson@nordvik.example";

let portvakt, chromium, site, client, faceless;
const asked = [];

/** A picture of one colour. */
function png(size, colour) {
  const chunk = (kind, data) => {
    const body = Buffer.concat([Buffer.from(kind), data]);
    const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    check.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, check]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header.set([8, 2], 8);
  const row = Buffer.from([0, ...Array(size).fill(colour).flat()]);
  const data = deflateSync(Buffer.concat(Array(size).fill(row)));
  const mark = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
  return Buffer.concat([mark, chunk("IHDR", header), chunk("IDAT", data), chunk("IEND", Buffer.alloc(0))]);
}

before(async () => {
  const port = await freePort();
  portvakt = await startPortvakt({
    hosts: [HOST],
    more: [
      ...["[registration]", 'mode = "open"'],
      ...["[outbound]", `allow = "localhost:${port}"`, "allow_registered = true", 'trust_anchors = "authority.pem"'],
    ],
  });
  await portvakt.nordvik();
  await portvakt.account(ANNA, "Anna Svensson");
  const { certificate, key } = portvakt.certificates;
  site = createServer({ cert: readFileSync(certificate), key: readFileSync(key) }, (request, response) => {
    asked.push({ path: request.url.split("?")[0], headers: request.headers });
    if (request.url === "/logo.png") response.writeHead(200, { "content-type": "image/png" }).end(png(64, [196, 61, 75]));
    else response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>Home</title><p>Home");
  });
  await new Promise((listening) => site.listen(port, "127.0.0.1", listening));
  const there = (path) => `https://${HOST}:${port}${path}`;
  const register = async (about) => {
    const answer = await send(`${portvakt.issuer}/register`, {
      authority: portvakt.authority,
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ redirect_uris: [there("/cb")], token_endpoint_auth_method: "none", ...about }),
    });
    assert.equal(answer.status, 201, answer.body);
    return { id: JSON.parse(answer.body).client_id, home: there("/cb") };
  };
  // Our server reaches the app by this name.
  const picture = (name) => `https://localhost:${port}/${name}.png`;
  client = await register({
    client_name: "Fieldreport",
    "client_name#sv": "Fältrapport",
    // What it calls its home is not believed.
    client_uri: "https://nordvik.example/",
    logo_uri: picture("logo"),
    policy_uri: there("/privacy"),
    tos_uri: there("/terms"),
  });
  faceless = await register({ client_name: "Round Table", logo_uri: picture("gone") });
  chromium = await launch(portvakt.certificates.pin);
});

after(async () => {
  await chromium?.close();
  await new Promise((closed) => (site ? site.close(closed) : closed()));
  await portvakt?.stop();
});

function authorize(client) {
  const wishes = new URLSearchParams({
    ...{ client_id: client.id, redirect_uri: client.home, response_type: "code", scope: "openid email", prompt: "consent" },
    // RFC 7636, appendix B.
    ...{ code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", code_challenge_method: "S256" },
  });
  return `${portvakt.issuer}/authorize?${wishes}`;
}

/** The app as every page shows it: named, with the host that it really sends people to, and the word that nobody checked it. */
async function seesTheApp(page, { name, unchecked }) {
  const text = await page.locator("main").textContent();
  assert.ok(text.includes(name) && text.includes(new URL(client.home).host) && !text.includes("nordvik.example/"), text);
  assert.match(await page.locator("main .note").textContent(), unchecked);
  for (const path of ["/privacy", "/terms"]) {
    const link = page.locator(`main a[href$="${path}"]`);
    assert.ok(await link.isVisible(), path);
    assert.match(await link.getAttribute("rel"), /noopener/);
  }
}

/** Before anybody has said yes to it, an app that nobody checked shows no picture of its own choice. */
async function seesInitials(page, initials) {
  assert.equal(await page.locator("main .to .tile").textContent(), initials);
  assert.equal(await page.locator("main .to img").count(), 0);
}

/** As far as the question whether the app may. */
async function comesToConsent(page) {
  await giveAddress(page, ANNA);
  await givePassword(page, PASSWORD);
  await page.locator("#consent-allow").waitFor();
}

for (const [language, its] of Object.entries(LANGUAGES)) {
  test(`people see whom an app that registered itself belongs to, in ${language}`, async (t) => {
    const page = await visit(chromium, t, { locale: its.locale });
    await page.goto(authorize(client));
    await seesTheApp(page, its);
    await seesInitials(page, its.initials);
    await look(page, `sign-in-registered-${language}`);
    await giveAddress(page, ANNA);
    await seesTheApp(page, its);
    await seesInitials(page, its.initials);
    await givePassword(page, PASSWORD);
    await page.locator("#consent-allow").waitFor();
    await seesTheApp(page, its);
    const picture = page.locator("main .to img");
    assert.match(await picture.getAttribute("src"), new RegExp(`^/logo/${client.id}$`));
    await picture.evaluate((img) => img.decode());
    assert.equal(await picture.evaluate((img) => img.naturalWidth), 64);
    await look(page, `consent-registered-${language}`);
    await page.locator("#consent-allow").click();
    await page.waitForURL(`${client.home}?code=*`);
  });
}

test("where the picture cannot be had, the tile shows the app's initials", async (t) => {
  const page = await visit(chromium, t, { locale: "en-GB" });
  await page.goto(authorize(faceless));
  await seesInitials(page, "RT");
  const drawing = page.waitForResponse((response) => response.url().endsWith(`/logo/${faceless.id}`));
  await comesToConsent(page);
  const drawn = await drawing;
  assert.deepEqual([drawn.status(), drawn.headers()["cache-control"]], [200, "no-store"]);
  const tile = page.locator("main .to img");
  await tile.evaluate((img) => img.decode());
  assert.ok((await tile.evaluate((img) => img.naturalWidth)) > 0, "a picture is shown");
  assert.match(await drawn.text(), />RT<\/text>/);
  await look(page, "consent-registered-faceless");
});

test("its host was asked for the picture once, and not by anybody's browser", () => {
  const pictures = asked.filter(({ path }) => path === "/logo.png");
  assert.equal(pictures.length, 1);
  for (const name of ["cookie", "referer", "accept-language"]) assert.equal(pictures[0].headers[name], undefined, name);
});
