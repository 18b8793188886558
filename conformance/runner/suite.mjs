// The suite's REST interface, as far as a run needs it.

/** How long the suite itself holds one question about a state, in milliseconds; it allows no more than 30,000. */
const LONG_POLL = 30_000;

export class Suite {
  #base;

  /** @param base the suite's address, such as https://suite.portvakt.test:8444 */
  constructor(base) {
    this.#base = base.endsWith("/") ? base : `${base}/`;
  }

  /** @returns {Promise<{version: string, revision: string}>} which suite this is */
  async version() {
    const { version, revision } = await this.#json("GET", "api/server");
    return { version, revision };
  }

  /** The public keys that its signatures of logs are verified by; it makes a new one at each start unless it is given one. */
  async keys() {
    return (await this.#json("GET", "jwks")).keys;
  }

  /** Makes a plan; the answer's `modules` is the suite's own list for this variant. */
  createPlan(planName, variant, configuration) {
    const query = { planName, variant: JSON.stringify(variant) };
    return this.#json("POST", "api/plan", { query, body: JSON.stringify(configuration), expected: 201 });
  }

  /** Makes a module of a plan, which starts by itself but for the ones that wait for an operator. */
  async createModule(plan, { testModule, variant }) {
    const query = { test: testModule, plan, ...(variant && { variant: JSON.stringify(variant) }) };
    const { id } = await this.#json("POST", "api/runner", { query, expected: 201 });
    return id;
  }

  startModule(id) {
    return this.#json("POST", `api/runner/${id}`);
  }

  async stopModule(id) {
    await this.#ask("DELETE", `api/runner/${id}`);
  }

  /** The first of these states that the module reaches, or nothing when `patience` (milliseconds) is over. */
  async waitFor(id, states, patience) {
    const query = { states: states.join(), timeoutMs: String(Math.min(patience, LONG_POLL)) };
    const answer = await this.#ask("GET", `api/runner/${id}/wait-state`, { query });
    // A module that is over may have left the suite's memory already; what was stored of it is told.
    if (answer.status === 404) return (await this.info(id)).status;
    return (await this.#checked(answer, 200).json()).state;
  }

  /** The addresses that the suite's own browser had no entry for, each with its method. */
  async unvisited(id) {
    const answer = await this.#ask("GET", `api/runner/${id}`);
    if (answer.status === 404) return [];
    const { browser } = await this.#checked(answer, 200).json();
    return browser?.urlsWithMethod ?? [];
  }

  async visited(id, url) {
    const answer = await this.#ask("POST", `api/runner/browser/${id}/visit`, { query: { url } });
    if (answer.status !== 404) this.#checked(answer, 204);
  }

  /** The places in a module's log that still want a picture. */
  async wantedPictures(id) {
    const images = await this.#json("GET", `api/log/${id}/images`);
    return images.map(({ upload }) => upload).filter(Boolean);
  }

  async uploadPicture(id, placeholder, png) {
    const body = `data:image/png;base64,${png.toString("base64")}`;
    await this.#json("POST", `api/log/${id}/images/${placeholder}`, { body, type: "text/plain" });
  }

  info(id) {
    return this.#json("GET", `api/info/${id}`);
  }

  log(id) {
    return this.#json("GET", `api/log/${id}`);
  }

  /** A plan's logs as one zip, each signed by the suite. */
  async exportPlan(id) {
    const answer = this.#checked(await this.#ask("GET", `api/plan/export/${id}`), 200);
    return Buffer.from(await answer.arrayBuffer());
  }

  async #json(method, path, { expected = 200, ...more } = {}) {
    const answer = await this.#ask(method, path, more);
    if (answer.status !== expected) {
      throw new Error(`${method} ${path}: ${answer.status} ${(await answer.text()).slice(0, 500)}`);
    }
    return answer.json();
  }

  #checked(answer, expected) {
    if (answer.status !== expected) throw new Error(`${answer.url}: ${answer.status}`);
    return answer;
  }

  #ask(method, path, { query = {}, body, type = "application/json" } = {}) {
    const url = new URL(path, this.#base);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const headers = { accept: "application/json, application/zip", "content-type": type };
    return fetch(url, { method, headers, body, signal: AbortSignal.timeout(LONG_POLL + 30_000) });
  }
}
