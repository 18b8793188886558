// The folder of the running server: what it wrote for the runner, and the mark that makes the folder ours to empty.

import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { read } from "./configuration.mjs";

const STATE = "state.json", MARK = ".portvakt-conformance";
const MARKED = "Portvakt's conformance server empties this folder at each start, but for its certificates.\n";
/** How long a server that is up may take to say so, in milliseconds. */
const PATIENCE = 10_000;

/** Makes the folder, or empties it but for its certificates; a folder that isn't marked as ours is left alone. */
export function empty(folder) {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const [found, mark] = [readdirSync(folder), join(folder, MARK)];
  const marked = existsSync(mark) && readFileSync(mark, "utf8") === MARKED;
  if (found.length && !marked) throw new Error(`${folder} holds something else: name an empty folder in STATE`);
  writeFileSync(mark, MARKED, { mode: 0o600 });
  for (const name of found.filter((one) => one !== "tls" && one !== MARK)) {
    rmSync(join(folder, name), { recursive: true, force: true });
  }
}

/** Tells the runner what it needs of the server that is up; `{}` says that none is. */
export function tell(folder, what) {
  writeFileSync(join(folder, STATE), `${JSON.stringify(what, undefined, 2)}\n`, { mode: 0o600 });
}

/** What the server told, if it is up. */
export async function told(folder) {
  const none = (why) => new Error(`no server of \`make conformance-server\` is up in ${folder}: ${why}`);
  if (!existsSync(join(folder, STATE))) throw none("it wrote nothing there");
  const state = read(folder, STATE);
  if (!state.secrets) throw none("it has ended, or is not yet ready");
  const asked = fetch(`${state.issuer}/healthz/ready`, { signal: AbortSignal.timeout(PATIENCE) });
  const { status } = await asked.catch((error) => ({ status: error.cause?.message ?? error.message }));
  if (status !== 200) throw none(`${state.issuer}/healthz/ready: ${status}`);
  return state;
}
