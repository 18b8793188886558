// Several people at one browser, and somebody whose organisation signs its people in itself; and an answer that comes
// back to the app as a form.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startApp } from "../kit/app.mjs";
import { launch } from "../kit/chromium.mjs";
import { look } from "../kit/looks.mjs";
import { PASSWORD, startPortvakt } from "../kit/portvakt.mjs";
import { address, backIn, giveAddress, givePassword, password, primary } from "../kit/steps.mjs";
import { visit as visitIn } from "../kit/visit.mjs";

const LANGUAGES = { sv: "sv-SE", nb: "nb-NO", en: "en-GB" };
const ANNA = { address: "anna.svensson@nordvik.example", name: "Anna Svensson" };
const KARI = { address: "kari.berg@nordvik.example", name: "Kari Berg" };
const SJOVIK = { slug: "sjovik", name: "Sjövik kommun", phone: "0900-12 34 56", one: "olle.strand@sjovik.example" };

let portvakt, hrm, chromium;

before(async () => {
  const host = "hrm.nordvik.test";
  portvakt = await startPortvakt({ hosts: [host] });
  await portvakt.nordvik();
  const { slug, name, phone } = SJOVIK;
  await portvakt.cli("tenant", "create", "--slug", slug, "--name", name, "--contact-phone", phone);
  await portvakt.cli("tenant", "domain", "add", "--tenant", slug, "--domain", "sjovik.example");
  await portvakt.account(SJOVIK.one, "Olle Strand");
  await portvakt.cli("tenant", "policy", "set", "--tenant", slug, "--own-sign-in", "off");
  hrm = await startApp(portvakt, { name: "HRM", program: "portvakt-demo-hrm", host, more: ["--first-party", "--refresh"] });
  for (const one of [ANNA, KARI]) await portvakt.account(one.address, one.name);
  chromium = await launch(portvakt.certificates.pin);
});

after(async () => {
  await chromium?.close();
  await hrm?.stop();
  await portvakt?.stop();
});

const visit = (t, options) => visitIn(chromium, t, options);
const toSignIn = (page, wishes = "") => page.goto(`${hrm.url}/sign-in${wishes}`);
/** The way to an account that the chooser offers: its address is on it. */
const offered = (page, { address }) => page.locator("main button[name=account]").filter({ hasText: address });
const another = (page) => page.locator("main button[name=other]");

/** Signs in with the browser told to remember the address. */
async function signInToStay(page, one) {
  await page.locator("main input[name=remember]").check();
  await giveAddress(page, one.address);
  await givePassword(page, PASSWORD);
  await backIn(page, hrm, one.name);
}

/** A browser that remembers Anna, and in which Kari is signed in. */
async function sharedBrowser(t, options) {
  const page = await visit(t, options);
  await toSignIn(page);
  await signInToStay(page, ANNA);
  await toSignIn(page, "?prompt=select_account");
  await another(page).click();
  await signInToStay(page, KARI);
  return page;
}

for (const [language, locale] of Object.entries(LANGUAGES)) {
  test(`two people who share a browser choose who they are, in ${language}`, async (t) => {
    const page = await sharedBrowser(t, { locale });
    await toSignIn(page, "?prompt=select_account");
    await offered(page, ANNA).waitFor();
    assert.equal(await page.locator("html").getAttribute("lang"), language);
    assert.equal(await page.locator("main button[name=account]").count(), 2);
    // Whoever is signed in is known by name; of the other only the address is.
    assert.match(await offered(page, KARI).textContent(), /Kari Berg/);
    assert.doesNotMatch(await page.locator("main").textContent(), /Anna Svensson/);
    await look(page, `choose-${language}`);

    await offered(page, KARI).click();
    await backIn(page, hrm, KARI.name);

    // A remembered address is no way in by itself.
    await toSignIn(page, "?prompt=select_account");
    await offered(page, ANNA).click();
    await password(page).waitFor();
    await givePassword(page, PASSWORD);
    await backIn(page, hrm, ANNA.name);
  });

  test(`somebody whose organisation signs in by itself is told so, and whom to ask, in ${language}`, async (t) => {
    const page = await visit(t, { locale });
    await toSignIn(page);
    await giveAddress(page, SJOVIK.one);
    await page.locator("main ol.cures").waitFor();
    assert.equal(await page.locator("html").getAttribute("lang"), language);
    const text = await page.locator("body").textContent();
    for (const told of [SJOVIK.name, SJOVIK.phone]) assert.ok(text.includes(told), `${told} in ${text}`);
    // Nothing else to try: no password, no link by mail.
    assert.equal(await page.locator("main input[type=password], main a[href*=forgot]").count(), 0);
    await look(page, `organisation-${language}`);
    // With another address the way goes on.
    await page.locator("main a.button").click();
    await address(page).waitFor();
    await giveAddress(page, ANNA.address);
    await givePassword(page, PASSWORD);
    await backIn(page, hrm, ANNA.name);
  });
}

test("an address can be forgotten, and is offered no more", async (t) => {
  const page = await sharedBrowser(t);
  await toSignIn(page, "?prompt=select_account");
  await page.locator("main details summary").click();
  await page.locator("main button[name=forget]").filter({ hasText: ANNA.address }).click();
  await offered(page, ANNA).waitFor({ state: "detached" });
  await offered(page, KARI).waitFor();
  await toSignIn(page, "?prompt=select_account");
  await offered(page, KARI).waitFor();
  assert.equal(await offered(page, ANNA).count(), 0);
});

test("choosing works without JavaScript", async (t) => {
  const page = await sharedBrowser(t, { javaScriptEnabled: false });
  await toSignIn(page, "?prompt=select_account");
  await offered(page, ANNA).click();
  await givePassword(page, PASSWORD);
  await backIn(page, hrm, ANNA.name);
});

/** The requests that brought an answer to the app, and every address that the tab has seen. */
function watch(page) {
  const [answers, seen] = [[], []];
  page.on("framenavigated", (frame) => seen.push(frame.url()));
  page.on("request", (request) => {
    if (request.url().startsWith(`${hrm.url}/callback`)) answers.push(request);
  });
  return { answers, seen };
}

test("an app that asks for it gets its answer as a form, and the code stands in no address of ours", async (t) => {
  const page = await visit(t);
  const { answers, seen } = watch(page);
  await toSignIn(page, "?response_mode=form_post");
  await giveAddress(page, ANNA.address);
  await givePassword(page, PASSWORD);
  await backIn(page, hrm, ANNA.name);
  const [answer] = answers;
  assert.deepEqual([answer.method(), new URL(answer.url()).search], ["POST", ""]);
  const fields = new URLSearchParams(answer.postData());
  assert.deepEqual([...fields.keys()].sort(), ["code", "iss", "state"]);
  assert.equal(fields.get("iss"), portvakt.issuer);
  const told = seen.filter((url) => url.startsWith(portvakt.issuer) && url.includes(fields.get("code")));
  assert.deepEqual(told, []);
});

test("an answer by form is sent by hand where there is no JavaScript", async (t) => {
  const page = await visit(t, { javaScriptEnabled: false });
  const { answers } = watch(page);
  await toSignIn(page, "?response_mode=form_post");
  await giveAddress(page, ANNA.address);
  await givePassword(page, PASSWORD);
  await page.locator("form#answer").waitFor({ state: "attached" });
  assert.equal(new URL(await page.locator("form#answer").getAttribute("action")).origin, hrm.url);
  await primary(page).click();
  await backIn(page, hrm, ANNA.name);
  assert.equal(answers[0].method(), "POST");
});
