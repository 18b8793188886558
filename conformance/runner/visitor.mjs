// A real browser for what the suite's own cannot do: pictures of pages for a reviewer, and frames that talk.

const STEPS = 20; // more pages than any honest way has
const MOMENT = 3_000; // how long a page may take to go on by itself, in milliseconds
const PATIENCE = 20_000;

/** @returns a maker of visitors: one browser profile a module, as the suite's own browser has it */
export function visitors(chromium, { suite, person }) {
  return async (pictures, page) => {
    const context = await chromium.newContext({ viewport: { width: 1000, height: 800 }, locale: "en-GB" });
    context.setDefaultTimeout(PATIENCE);
    return new Visitor(context, { suite, person, pictures, wanted: page });
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
   * Opens an address and answers our pages as the person would, until the browser is back at the suite or stays. Of the page
   * that a reviewer is to see, and of no other, it sends a picture, once it has found on it what expected.json says.
   */
  async visit(url, method = "GET") {
    const page = await this.#context.newPage();
    const answered = statuses(page);
    if (method === "POST") await this.#asPost(page, url);
    await page.goto(method === "POST" ? withoutQuery(url) : url, { waitUntil: "domcontentloaded" });
    for (let step = 0; step < STEPS; step++) {
      const at = page.url();
      if (new URL(at).origin === this.#world.suite) return this.#arrived(page);
      const { wanted } = this.#world;
      if (new URL(at).pathname === wanted?.path && (await this.#show(page, answered())) && wanted.leave) return undefined;
      if (!(await this.#answer(page)) && !(await goesOn(page, at))) break;
    }
    const [{ pictures, wanted }, { pathname }] = [this.#world, new URL(page.url())];
    if (!(await pictures.wanted())) return undefined;
    const where = wanted?.path ?? "a page that expected.json doesn't name";
    throw new Error(`a picture is wanted of ${where}, but here is ${pathname}`);
  }

  /** Sends the picture if the suite waits for one; a page that isn't as it must be throws. */
  async #show(page, status) {
    const { pictures, wanted } = this.#world;
    if (!(await pictures.wanted())) return false;
    const faults = await faultsOfPage(page, status, wanted);
    if (faults.length) throw new Error(`${wanted.path} is not the page that a picture is wanted of: ${faults.join("; ")}`);
    await pictures.send(await page.screenshot({ fullPage: true }));
    return true;
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
    const { person } = this.#world;
    const click = async (selector) => {
      const gone = page.waitForEvent("framenavigated", (frame) => frame === page.mainFrame());
      await page.locator(selector).click();
      await gone;
      await page.waitForLoadState("domcontentloaded");
      return true;
    };
    if (await has("input[name=password]")) {
      await page.locator("input[name=password]").fill(person.password);
      return click("#login-submit");
    }
    if (await has("input[name=login]:not([readonly])")) {
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

/** What is not on the page: each selector must be there, visible and with its text; an image must have been loaded. */
export async function faultsOfPage(page, status, wanted) {
  const faults = status === wanted.status ? [] : [`the status is ${status}, not ${wanted.status}`];
  for (const [selector, text] of Object.entries(wanted.shows)) {
    const one = page.locator(selector).filter({ hasText: text }).filter({ visible: true }).first();
    if (!(await one.count())) faults.push(`${selector} is missing, or doesn't say "${text}"`);
    else if (await one.evaluate((it) => it.tagName === "IMG" && !it.naturalWidth)) faults.push(`${selector} was not loaded`);
  }
  return faults;
}

/** Keeps the status of the document that the page shows. */
function statuses(page) {
  let last;
  page.on("response", (response) => {
    const request = response.request();
    if (request.isNavigationRequest() && request.frame() === page.mainFrame()) last = response.status();
  });
  return () => last;
}

const withoutQuery = (url) => url.split("?")[0];

/** True when the page has left this address by itself, or does within a moment. */
async function goesOn(page, before) {
  return page.waitForURL((url) => url.href !== before, { timeout: MOMENT, waitUntil: "commit" }).then(
    () => true,
    () => false,
  );
}
