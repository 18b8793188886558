// What a run needs beside the suite: a real browser, and an operator who can turn the keys.

import { execFile } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { launch } from "../../crates/journeys/kit/chromium.mjs";
import { cleanEnvironment } from "../../crates/journeys/kit/process.mjs";
import { visitors } from "./visitor.mjs";

/** @param state what `make conformance-server` wrote */
export async function open(state, suite) {
  const chromium = await launch(state.pin);
  const visitor = visitors(chromium, { suite: new URL(suite).origin, person: state.person });
  return { help: { visitor, rotateKeys: () => rotateKeys(state) }, close: () => chromium.close() };
}

/** @returns {Promise<{draw: (html: string) => Promise<Buffer>, close: () => Promise<void>}>} what makes pictures of HTML */
export async function drawing() {
  const chromium = await launch("");
  const page = await (await chromium.newContext({ viewport: { width: 1600, height: 900 } })).newPage();
  const draw = async (html) => {
    await page.setContent(html);
    return page.screenshot({ fullPage: true });
  };
  return { draw, close: () => chromium.close() };
}

/** Turns the RS256 key by the command line, and waits until the server publishes the new one. */
async function rotateKeys({ issuer, program, configuration }) {
  const known = await keyIds(issuer);
  const rotate = ["--config", configuration, "keys", "rotate", "--alg", "RS256", "--now"];
  await promisify(execFile)(program, rotate, { env: cleanEnvironment() });
  for (let tries = 0; tries < 100; tries++) {
    if ((await keyIds(issuer)).some((id) => !known.includes(id))) return;
    await pause(100);
  }
  throw new Error("the new key never appeared in the key set");
}

async function keyIds(issuer) {
  const { keys } = await (await fetch(`${issuer}/jwks`)).json();
  return keys.map(({ kid }) => kid);
}
