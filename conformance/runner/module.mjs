// One module of a plan, from its start to its result.

import { createHash } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { sources, verdict } from "./log.mjs";

/** How long one module may take, in milliseconds: the slowest waits over a minute by itself. */
const PATIENCE = 200_000;
const GLANCE = 1_000;
const MOMENT = 5_000;
/** The module that waits for an operator to turn the signing key. */
export const TURNS_KEYS = "oidcc-server-rotate-keys";
const OVER = ["FINISHED", "INTERRUPTED"];

/**
 * Runs a module. `help` is what the suite cannot do itself: `visitor(pictures, page)` opens a browser of its own for the
 * module, and `rotateKeys()` is the operator's act that one module waits for. Whatever goes wrong on our side is the row's
 * `trouble`: the next module runs all the same.
 * @param page the page that a reviewer gets a picture of, as expected.json describes it
 * @returns {Promise<{module: string, variant: object, id: string, result: string, warnings: string[], failures: string[],
 *   pictures: string[], trouble: string | undefined}>}
 */
export async function runModule(suite, plan, entry, help, { page, patience = PATIENCE } = {}) {
  const row = { module: entry.testModule, variant: entry.variant ?? {}, id: "", result: "NOT RUN" };
  Object.assign(row, { warnings: [], failures: [], pictures: [] });
  const trouble = (error) => void (row.trouble ??= error.message.split("\n")[0]);
  const visitor = lazily(() => help.visitor(pictures(suite, row), page));
  try {
    const id = (row.id = await suite.createModule(plan, entry));
    const state = await drive(suite, id, entry, { ...help, visitor }, Date.now() + patience).catch(trouble);
    // Stopped by us, a module is INTERRUPTED, which nothing excuses.
    if (!OVER.includes(state)) await suite.stopModule(id);
    Object.assign(row, await outcome(suite, id));
  } catch (error) {
    trouble(error);
  }
  await visitor.made?.close().catch(trouble);
  return row;
}

async function drive(suite, id, { testModule }, help, end) {
  let state;
  while (Date.now() < end) {
    state = await suite.waitFor(id, OVER, GLANCE);
    if (OVER.includes(state)) return state;
    if ((await suite.info(id)).status === "CONFIGURED") {
      // It didn't start by itself: it waits for an act of the operator's.
      if (testModule === TURNS_KEYS) await help.rotateKeys();
      await suite.startModule(id);
      continue;
    }
    for (const { url, method } of await suite.unvisited(id)) {
      await suite.visited(id, url);
      await (await help.visitor()).visit(url, method);
    }
  }
  return state;
}

/** The places of the module's log that want a picture; the row keeps the digest of each that is sent there. */
function pictures(suite, row) {
  const wanted = async () => (await suite.wantedPictures(row.id))[0];
  return {
    wanted: async () => Boolean(await wanted()),
    async send(png) {
      await suite.uploadPicture(row.id, await wanted(), png);
      row.pictures = [...row.pictures, createHash("sha256").update(png).digest("hex")].sort();
    },
  };
}

/** Makes it at the first call and keeps it in `made`. */
function lazily(make) {
  const get = async () => (get.made ??= await make());
  return get;
}

/** What is stored of a module that is over; the suite stores it a moment after it says so. */
async function stored(suite, id) {
  await suite.waitFor(id, OVER, GLANCE);
  const end = Date.now() + MOMENT;
  for (;;) {
    const info = await suite.info(id);
    if (OVER.includes(info.status) || Date.now() > end) return info;
    await pause(100);
  }
}

async function outcome(suite, id) {
  const { status, result } = await stored(suite, id);
  const log = await suite.log(id);
  return { result: verdict(status, result), warnings: sources(log, "WARNING"), failures: sources(log, "FAILURE") };
}
