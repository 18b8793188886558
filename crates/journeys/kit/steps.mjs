// What a person does on the sign-in pages, told by what a field is for and not by its name.

import assert from "node:assert/strict";

export const address = (page) => page.locator("main input[autocomplete~=username]:not([readonly])");
export const password = (page) => page.locator("main input[autocomplete~=current-password]");
export const newPassword = (page) => page.locator("main input[autocomplete~=new-password]");
/** The page's one primary button: the first that its form would press on Enter. */
export const primary = (page) => page.locator("main form[method=post] button:not([type=button])").first();

export async function giveAddress(page, value) {
  await address(page).fill(value);
  await primary(page).click();
}

export async function givePassword(page, value) {
  await password(page).fill(value);
  await primary(page).click();
}

/** Back in the app, signed in as `name`. */
export async function backIn(page, app, name) {
  await page.waitForURL(`${app.url}/**`);
  assert.equal(await page.locator("#who").textContent(), name);
}

/** Moves by Tab until `locator` has the focus, as somebody without a mouse does; each stop shows that it is there. */
export async function tabTo(page, locator) {
  for (let presses = 0; presses < 40; presses++) {
    if (await locator.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press("Tab");
    const shown = await page.evaluate(() => {
      const stop = document.activeElement;
      if (!stop || stop === document.body) return true;
      // A ring around the element, or around what holds it.
      const ringed = (element) => {
        const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
        return (outlineStyle !== "none" && parseFloat(outlineWidth) >= 2) || boxShadow !== "none";
      };
      return ringed(stop) || (stop.parentElement && ringed(stop.parentElement)) || (stop.closest("label") && ringed(stop.closest("label")));
    });
    assert.ok(shown, `the focus can't be seen at ${page.url()}`);
  }
  assert.fail(`forty presses of Tab don't reach it at ${page.url()}`);
}
