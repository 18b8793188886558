// A tab of a fresh browser profile, in which nothing goes wrong unseen.

import assert from "node:assert/strict";

/**
 * @param options of the profile: `locale`, `viewport`, `javaScriptEnabled` … It is closed at the test's end.
 * @param expected what the console may say all the same
 */
export async function visit(chromium, t, options = {}, expected = undefined) {
  return visitIn(await chromium.newContext({ ...USUAL, ...options }), t, expected);
}

/** What a profile is, where a test says nothing else. */
export const USUAL = { locale: "en-GB", viewport: { width: 1280, height: 900 } };

/** The same in a profile that is there already; it too is closed at the test's end. */
export async function visitIn(context, t, expected = undefined) {
  context.setDefaultTimeout(20_000);
  t.after(() => context.close());
  const page = await context.newPage();
  const faults = [];
  page.on("pageerror", (error) => faults.push(`${page.url()}: ${error.message}`));
  // What a content security policy stops is told on the console; a page that refuses with 400 is no fault.
  page.on("console", (message) => {
    const status = message.text().startsWith("Failed to load resource");
    if (message.type() === "error" && !status) faults.push(`${page.url()}: ${message.text()}`);
  });
  page.on("response", (response) => {
    const page = response.request().resourceType() === "document";
    if (!page && response.status() >= 400) faults.push(`${response.url()}: ${response.status()}`);
  });
  t.after(() => assert.deepEqual(faults.filter((fault) => !expected?.test(fault)), []));
  return page;
}
