// The main job as people do it: in Chromium, each host under a registrable name of its own, everything over https.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startApp } from "../kit/app.mjs";
import { launch } from "../kit/chromium.mjs";
import { look } from "../kit/looks.mjs";
import { PASSWORD, startPortvakt } from "../kit/portvakt.mjs";
import { address, backIn, giveAddress, givePassword, newPassword, password, primary, tabTo } from "../kit/steps.mjs";
import { visit as visitIn } from "../kit/visit.mjs";

const LANGUAGES = { sv: "sv-SE", nb: "nb-NO", en: "en-GB" };
const ANNA = "anna.svensson@nordvik.example";

let portvakt, hrm, portal, fieldreport, chromium;
const started = [];

before(async () => {
  const hosts = ["hrm.nordvik.test", "portal.nordvik-kommun.test", "fieldreport.test"];
  started.push((portvakt = await startPortvakt({ hosts })));
  await portvakt.nordvik();
  const ours = ["--first-party", "--refresh"];
  const [one, two, three] = hosts;
  started.push((hrm = await startApp(portvakt, { name: "HRM", program: "portvakt-demo-hrm", host: one, more: ours })));
  portal = await startApp(portvakt, { name: "Staff portal", program: "portvakt-demo-staff-portal", host: two, more: ours });
  started.push(portal);
  const foreign = { name: "Fieldreport", program: "portvakt-demo-fieldreport", host: three, more: ["--refresh"] };
  started.push((fieldreport = await startApp(portvakt, foreign)));
  await portvakt.account(ANNA, "Anna Svensson");
  chromium = await launch(portvakt.certificates.pin);
});

after(async () => {
  await chromium?.close();
  for (const one of started.reverse()) await one.stop();
});

const visit = (t, options) => visitIn(chromium, t, options);

/** The first web address in a mail's text. */
const linkIn = (mail) => mail.text.match(/https:\/\/\S+/)[0].replace(/[>).,]+$/, "");

async function toSignIn(page, app) {
  await page.goto(app.url);
  await page.locator("#sign-in").click();
  await page.waitForURL(`${portvakt.issuer}/**`);
}

// 14:05 in UTC is an hour later in Stockholm in winter. Nobody's clock is asked without script.
for (const [script, zone] of [[true, "Europe/Stockholm"], [true, "Pacific/Auckland"], [false, "Europe/Stockholm"]]) {
  test(`times in Account Settings follow the clock of ${zone} ${script ? "by" : "only by"} script`, async (t) => {
    const page = await visit(t, { timezoneId: zone, javaScriptEnabled: script });
    await page.goto(`${portvakt.issuer}/account/sessions`);
    await giveAddress(page, ANNA);
    await givePassword(page, PASSWORD);
    const time = page.locator("main time").first();
    await time.waitFor();
    const [utc, machine] = [await time.getAttribute("data-utc"), await time.getAttribute("datetime")];
    assert.match(utc, /\(UTC\)$/);
    // Hours and minutes: how a date is put into words changes from one version of a browser to the next.
    const own = new Intl.DateTimeFormat("en-GB", { timeStyle: "short", timeZone: zone }).format(new Date(machine));
    const said = await time.textContent();
    assert.ok(said.includes(script ? own : utc), `${said}: not ${own}`);
    assert.equal(said.includes("(UTC)"), !script, said);
    assert.equal(await page.locator("[data-zone]").isVisible(), !script);
  });
}

for (const [language, locale] of Object.entries(LANGUAGES)) {
  test(`a person signs in to HRM in ${language} and every page on the way is fit to be seen`, async (t) => {
    const page = await visit(t, { locale });
    await toSignIn(page, hrm);
    assert.equal(await page.locator("html").getAttribute("lang"), language);
    assert.match(await page.locator("main").textContent(), /HRM/);
    await look(page, `address-${language}`);
    await giveAddress(page, ANNA);
    await password(page).waitFor();
    await look(page, `password-${language}`);
    await givePassword(page, "not the right password");
    await page.locator("main input[type=password][aria-invalid=true]").waitFor();
    assert.equal(await password(page).inputValue(), "");
    await look(page, `password-wrong-${language}`);
    await givePassword(page, PASSWORD);
    await backIn(page, hrm, "Anna Svensson");
    await page.locator("#userinfo").getByText(ANNA).waitFor();
  });

  test(`an app of somebody else's asks for consent in ${language}, once`, async (t) => {
    const page = await visit(t, { locale });
    const name = `Consenting ${language}`;
    const theirs = `consent-${language}@nordvik.example`;
    await portvakt.account(theirs, name, language);
    await toSignIn(page, fieldreport);
    await giveAddress(page, theirs);
    await givePassword(page, PASSWORD);
    await page.getByRole("heading", { name: /Fieldreport/ }).waitFor();
    await look(page, `consent-${language}`);
    await primary(page).click();
    await backIn(page, fieldreport, name);
    await page.goto(`${fieldreport.url}/sign-in`);
    await backIn(page, fieldreport, name);
  });

  test(`a forgotten password is set anew by mail in ${language}`, async (t) => {
    const page = await visit(t, { locale });
    const theirs = `forgot-${language}@nordvik.example`;
    await portvakt.account(theirs, `Forgetful ${language}`, language);
    // One mail with the link to the first password, one that says that it was set.
    await portvakt.mailbox.waitFor(theirs, 2);
    await toSignIn(page, hrm);
    await giveAddress(page, theirs);
    await password(page).waitFor();
    await page.locator("main a[href*=forgot]").first().click();
    await page.locator("#forgot-reset").waitFor();
    await look(page, `forgot-${language}`);
    await address(page).fill(theirs);
    await page.locator("#forgot-reset").click();
    await page.locator("#send-again").waitFor();
    await look(page, `forgot-sent-${language}`);
    const mail = await portvakt.mailbox.waitFor(theirs, 3);
    await page.goto(linkIn(mail));
    await look(page, `reset-${language}`);
    await primary(page).click();
    await newPassword(page).first().waitFor();
    await look(page, `reset-choose-${language}`);
    for (const field of await newPassword(page).all()) await field.fill("short");
    await primary(page).click();
    await page.locator("main [aria-invalid=true]").first().waitFor();
    await look(page, `reset-refused-${language}`);
    for (const field of await newPassword(page).all()) await field.fill("another horse, another staple");
    await primary(page).click();
    await newPassword(page).first().waitFor({ state: "detached" });
    await look(page, `reset-done-${language}`);
    await toSignIn(page, hrm);
    await giveAddress(page, theirs);
    await givePassword(page, "another horse, another staple");
    await backIn(page, hrm, `Forgetful ${language}`);
  });

  test(`the way in by a one-time link works in ${language}`, async (t) => {
    const page = await visit(t, { locale });
    const theirs = `link-${language}@nordvik.example`;
    await portvakt.account(theirs, `Linked ${language}`, language);
    // One mail with the link to the first password, one that says that it was set.
    await portvakt.mailbox.waitFor(theirs, 2);
    await toSignIn(page, hrm);
    await giveAddress(page, theirs);
    await password(page).waitFor();
    await page.locator("main a[href*=forgot]").first().click();
    await address(page).fill(theirs);
    await page.locator("#forgot-link").click();
    await page.locator("#send-again").waitFor();
    const mail = await portvakt.mailbox.waitFor(theirs, 3);
    await page.goto(linkIn(mail));
    await look(page, `link-${language}`);
    await page.locator("#link-confirm").click();
    await backIn(page, hrm, `Linked ${language}`);
    await page.goto(linkIn(mail));
    assert.equal(await page.locator("#link-confirm").count(), 0);
    await look(page, `link-spent-${language}`);
  });

  test(`a signed-in person finds their settings, and signs out, in ${language}`, async (t) => {
    const page = await visit(t, { locale });
    const theirs = `settings-${language}@nordvik.example`;
    await portvakt.account(theirs, `Settled ${language}`, language);
    await toSignIn(page, hrm);
    await giveAddress(page, theirs);
    await givePassword(page, PASSWORD);
    await backIn(page, hrm, `Settled ${language}`);
    for (const room of ["", "/sessions", "/password", "/language"]) {
      await page.goto(`${portvakt.issuer}/account${room}`);
      assert.equal(await page.locator("html").getAttribute("lang"), language);
      await look(page, `account${room.replace("/", "-")}-${language}`);
    }
    await page.goto(`${portvakt.issuer}/end-session`);
    await look(page, `sign-out-${language}`);
    await page.locator("#logout-confirm").click();
    await page.locator("#logout-confirm").waitFor({ state: "detached" });
    await look(page, `signed-out-${language}`);
  });

  test(`what goes wrong is told in ${language}`, async (t) => {
    const page = await visit(t, { locale });
    await page.goto(`${portvakt.issuer}/authorize?client_id=nobody&response_type=code`);
    assert.equal(await page.locator("html").getAttribute("lang"), language);
    await look(page, `error-${language}`);
    await page.goto(`${portvakt.issuer}/no-such-page`);
    assert.equal(await page.locator("html").getAttribute("lang"), language);
    await look(page, `not-found-${language}`);
  });
}

test("everything works without JavaScript", async (t) => {
  const page = await visit(t, { javaScriptEnabled: false });
  await toSignIn(page, hrm);
  await giveAddress(page, ANNA);
  await givePassword(page, PASSWORD);
  await backIn(page, hrm, "Anna Svensson");
});

test("everything works by keyboard, and the focus is always seen", async (t) => {
  const page = await visit(t);
  await toSignIn(page, hrm);
  await tabTo(page, address(page));
  await page.keyboard.type(ANNA);
  await page.keyboard.press("Enter");
  await password(page).waitFor();
  await tabTo(page, password(page));
  await page.keyboard.type(PASSWORD);
  await tabTo(page, primary(page));
  await page.keyboard.press("Enter");
  await backIn(page, hrm, "Anna Svensson");
});

test("who is signed in to HRM is signed in to the staff portal without a question", async (t) => {
  const page = await visit(t);
  await toSignIn(page, hrm);
  await giveAddress(page, ANNA);
  await givePassword(page, PASSWORD);
  await backIn(page, hrm, "Anna Svensson");
  await page.goto(`${portal.url}/sign-in`);
  await backIn(page, portal, "Anna Svensson");
});

test("signing out of HRM signs out of Portvakt, and the next sign-in asks again", async (t) => {
  const page = await visit(t);
  await toSignIn(page, hrm);
  await giveAddress(page, ANNA);
  await givePassword(page, PASSWORD);
  await backIn(page, hrm, "Anna Svensson");
  await page.locator("#sign-out").click();
  // The app shows whose session it means (id_token_hint), so nobody is asked once more.
  await page.locator("#signed-out").waitFor();
  await page.goto(`${hrm.url}/sign-in`);
  await page.waitForURL(`${portvakt.issuer}/**`);
  await primary(page).waitFor();
});

test("the language chosen on a page stays, whatever the browser asks for", async (t) => {
  const page = await visit(t, { locale: "en-GB", javaScriptEnabled: false });
  await toSignIn(page, hrm);
  await page.locator("header details.languages summary").click();
  await page.locator("header a[hreflang=nb]").click();
  await page.locator("html[lang=nb]").waitFor({ state: "attached" });
  await giveAddress(page, ANNA);
  await password(page).waitFor();
  assert.equal(await page.locator("html").getAttribute("lang"), "nb");
  await page.goto(`${hrm.url}/sign-in?ui_locales=sv`);
  assert.equal(await page.locator("html").getAttribute("lang"), "sv");
});
