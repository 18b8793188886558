// One module of a plan, from its start to its result.

import { setTimeout as pause } from "node:timers/promises";
import { sources, verdict } from "./log.mjs";

/** How long one module may take, in milliseconds: the slowest waits over a minute by itself. */
const PATIENCE = 200_000;
const GLANCE = 1_000;
const MOMENT = 5_000;
/** The module that waits for an operator to turn the signing key. */
export const TURNS_KEYS = "oidcc-server-rotate-keys";
/** The modules that are over with a picture of the first page: an answer after it would be one too many. */
const LOOKS_ONLY = ["oidcc-registration-logo-uri", "oidcc-registration-policy-uri", "oidcc-registration-tos-uri"];
const OVER = ["FINISHED", "INTERRUPTED"];

/**
 * Runs a module. `help` is what the suite cannot do itself: `visitor(picture, looksOnly)` opens a browser of its own for the
 * module, and `rotateKeys()` is the operator's act that one module waits for.
 * @returns {Promise<{module: string, variant: object, id: string, result: string, warnings: string[]}>}
 */
export async function runModule(suite, plan, entry, help, patience = PATIENCE) {
  const id = await suite.createModule(plan, entry);
  const visitor = lazily(() => help.visitor(pictures(suite, id), LOOKS_ONLY.includes(entry.testModule)));
  try {
    let trouble;
    const driven = drive(suite, id, entry, { ...help, visitor }, Date.now() + patience);
    const state = await driven.catch((error) => void (trouble = error.message.split("\n")[0]));
    // Stopped by us, a module is INTERRUPTED, which nothing excuses.
    if (!OVER.includes(state)) await suite.stopModule(id);
    return await outcome(suite, id, entry, trouble);
  } finally {
    await visitor.made?.close();
  }
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

/** Fills one place of the log that wants a picture; says whether there was one. */
function pictures(suite, id) {
  return async (take) => {
    const [wanted] = await suite.wantedPictures(id);
    if (wanted) await suite.uploadPicture(id, wanted, await take());
    return Boolean(wanted);
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

async function outcome(suite, id, { testModule, variant }, trouble) {
  const { status, result } = await stored(suite, id);
  const log = await suite.log(id);
  const failures = [...(trouble ? [trouble] : []), ...sources(log, "FAILURE")];
  const row = { module: testModule, variant: variant ?? {}, id, result: verdict(status, result) };
  return { ...row, warnings: sources(log, "WARNING"), failures };
}
