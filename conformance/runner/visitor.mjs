// A real browser for what the suite's own cannot do: pictures of pages for a reviewer, and frames that talk.

const STEPS = 20; // more pages than any honest way has
const MOMENT = 3_000; // how long a page may take to go on by itself, in milliseconds
const PATIENCE = 20_000;

/** @returns a maker of visitors: one browser profile a module, as the suite's own browser has it */
export function visitors(chromium, { suite, person }) {
  return async (picture, looksOnly = false) => {
    const context = await chromium.newContext({ viewport: { width: 1000, height: 800 }, locale: "en-GB" });
    context.setDefaultTimeout(PATIENCE);
    return new Visitor(context, { suite, person, picture, looksOnly });
  };
}

class Visitor {
  #context;
  #world;

  constructor(context, world) {
    [this.#context, this.#world] = [context, world];
  }

  close() {
    return this.#context.close();
  }

  /**
   * Opens an address and answers our pages as the person would, until the browser is back at the suite or stays. Whoever
   * looks only leaves with a picture of the first page.
   */
  async visit(url, method = "GET") {
    const page = await this.#context.newPage();
    if (method === "POST") await this.#asPost(page, url);
    await page.goto(method === "POST" ? withoutQuery(url) : url, { waitUntil: "domcontentloaded" });
    for (let step = 0; step < STEPS; step++) {
      const at = page.url();
      if (new URL(at).origin === this.#world.suite) return this.#arrived(page);
      if (this.#world.looksOnly) break;
      if (!(await this.#answer(page)) && !(await goesOn(page, at))) break;
    }
    await this.#world.picture(() => page.screenshot({ fullPage: true }));
  }

  /** The suite's page that reads an answer does it with a script, which says when it is done. */
  async #arrived(page) {
    await page.waitForLoadState("domcontentloaded");
    const reads = await page.locator("#complete.collapse").count();
    if (reads) await page.locator("#submission_complete").waitFor({ state: "attached" });
  }

  /** Does what the page asks for; false when it asks nothing that the person would do. */
  async #answer(page) {
    const has = (selector) => page.locator(selector).first().isVisible();
    const { person, picture } = this.#world;
    const click = async (selector) => {
      const gone = page.waitForEvent("framenavigated", (frame) => frame === page.mainFrame());
      await page.locator(selector).click();
      await gone;
      await page.waitForLoadState("domcontentloaded");
      return true;
    };
    if (await has("input[name=password]")) {
      await picture(() => page.screenshot({ fullPage: true }));
      await page.locator("input[name=password]").fill(person.password);
      return click("#login-submit");
    }
    if (await has("input[name=login]:not([readonly])")) {
      await picture(() => page.screenshot({ fullPage: true }));
      await page.locator("input[name=login]").fill(person.address);
      return click("#login-submit");
    }
    if (await has("#consent-allow")) return click("#consent-allow");
    if (await has("#logout-confirm")) return click("#logout-confirm");
    return false;
  }

  #asPost(page, url) {
    const { search } = new URL(url);
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    return page.route(withoutQuery(url), (route) => route.continue({ method: "POST", postData: search.slice(1), headers }), {
      times: 1,
    });
  }
}

const withoutQuery = (url) => url.split("?")[0];

/** True when the page has left this address by itself, or does within a moment. */
async function goesOn(page, before) {
  return page.waitForURL((url) => url.href !== before, { timeout: MOMENT, waitUntil: "commit" }).then(
    () => true,
    () => false,
  );
}
