// Looking at a page: axe on a phone and a desktop, light and dark; no sideways scroll; a picture of each.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const cache = process.env.PORTVAKT_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "portvakt");
const pictures = join(cache, "screenshots");

export const SIZES = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 900 } };
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** Looks at the page in every size and scheme and gives it back as it was. `name` becomes the pictures' names. */
export async function look(page, name) {
  mkdirSync(pictures, { recursive: true });
  for (const colorScheme of ["light", "dark"]) {
    // Colours that still change are no colours to judge.
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    for (const [size, viewport] of Object.entries(SIZES)) {
      await page.setViewportSize(viewport);
      await page.evaluate(() => document.fonts.ready.then(() => undefined));
      await page.screenshot({ path: join(pictures, `${name}-${size}-${colorScheme}.png`), fullPage: true });
      await withoutFindings(page, `${name} on a ${size} in ${colorScheme}`);
    }
  }
  await page.setViewportSize({ width: 320, height: 640 });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  assert.ok(wide <= 0, `${name} scrolls sideways by ${wide} px at a width of 320`);
  await page.setViewportSize(SIZES.desktop);
}

/** axe-core over the whole page (WCAG 2.2 AA and its best practices): nothing found. */
export async function withoutFindings(page, what) {
  // By the debugger, so that the page's own policy against foreign scripts stays on.
  await page.evaluate(axe);
  const { violations } = await page.evaluate((values) => globalThis.axe.run({ runOnly: { type: "tag", values } }), RULES);
  const found = violations.map(({ id, help, nodes }) => `${id}: ${help}\n  ${nodes.map(({ html }) => html).join("\n  ")}`);
  assert.deepEqual(found, [], `axe on ${what}`);
}
