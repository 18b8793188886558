// The design system: every component, and a sample of every page in every state, fit to be seen in every language.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch } from "../kit/chromium.mjs";
import { SIZES, look, withoutFindings } from "../kit/looks.mjs";
import { startPortvakt } from "../kit/portvakt.mjs";
import { visit } from "../kit/visit.mjs";

// One size and scheme for each language, so that each sample is seen in several without being seen in all.
const LANGUAGES = {
  sv: { locale: "sv-SE", size: "phone", colorScheme: "light" },
  nb: { locale: "nb-NO", size: "desktop", colorScheme: "dark" },
  en: { locale: "en-GB", size: "phone", colorScheme: "dark" },
};

// The sample of an answer by form would post to an app, and the one of a sign-out frame two: the policy of samples doesn't
// let them.
const KEPT = /design\/(form-post\/on: Sending form data to .* "form-action 'self'"|signing-out\/on: .*[Ff]ram.* Content Security Policy)/;

let portvakt, chromium;

before(async () => {
  portvakt = await startPortvakt();
  chromium = await launch(portvakt.certificates.pin);
});

after(async () => {
  await chromium?.close();
  await portvakt?.stop();
});

for (const [language, { locale, size, colorScheme }] of Object.entries(LANGUAGES)) {
  test(`the design system shows its components and leads to every page's samples in ${language}`, async (t) => {
    const page = await visit(chromium, t, { locale }, KEPT);
    // Some pages go on to an app by themselves: nothing is there, so that they stay to be looked at.
    await page.route((url) => url.origin !== portvakt.issuer, (route) => route.fulfill({ status: 204 }));
    await page.goto(`${portvakt.issuer}/design`);
    assert.equal(await page.locator("html").getAttribute("lang"), language);
    for (const component of [".button", ".input", ".tick", ".who", ".choice", ".note", ".badge", ".rules", ".facts", ".list"]) {
      assert.ok(await page.locator(`#components ${component}`).first().isVisible(), component);
    }
    await look(page, `design-${language}`);

    const samples = await page.locator("#pages a").evaluateAll((links) => links.map((link) => link.href));
    const names = new Set(samples.map((sample) => new URL(sample).pathname.split("/")[2]));
    for (const name of ["address", "choose", "password", "consent", "organisation"]) assert.ok(names.has(name), name);
    await page.setViewportSize(SIZES[size]);
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    for (const sample of samples) {
      const answer = await page.goto(sample, { waitUntil: "commit" });
      await page.locator("main h1").waitFor();
      // Pages that go on by themselves never finish loading, so the style is waited for by itself.
      await page.waitForFunction(() => document.querySelector("link[rel=stylesheet]")?.sheet);
      const name = `${new URL(sample).pathname} in ${language}`;
      assert.equal(answer.status(), 200, name);
      assert.equal(await page.locator("html").getAttribute("lang"), language, name);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      assert.ok(wide <= 0, `${name} scrolls sideways by ${wide} px`);
      await withoutFindings(page, name);
    }
  });
}

test("a sample that there is not is a page that says so", async (t) => {
  const page = await visit(chromium, t);
  const answer = await page.goto(`${portvakt.issuer}/design/no-such-page/at-all`);
  assert.equal(answer.status(), 404);
});
