// Programs that a test starts, and is sure to stop.

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "../../..");
const programs = process.env.PORTVAKT_PROGRAMS ?? join(process.env.CARGO_TARGET_DIR ?? join(root, "target"), "debug");

/** The path of a program of this workspace, built before (`make test` does; by hand: cargo build --workspace --bins). */
export function program(name) {
  const path = join(programs, name);
  if (!existsSync(path)) throw new Error(`${path} is missing: run \`cargo build --workspace --bins\` first`);
  return path;
}

/** The environment without anything of the tester's own Portvakt. */
export function cleanEnvironment(more = {}) {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith("PORTVAKT"));
  return { ...Object.fromEntries(kept), ...more };
}

export async function freePort() {
  const server = createServer();
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

/** Starts a program and keeps what it says; `stop` asks it to end and waits until it has. */
export function start(path, args, options = {}) {
  const child = spawn(path, args, { stdio: ["ignore", "pipe", "pipe"], ...options });
  const said = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => said.push(data));
  let ended;
  const end = new Promise((done) => {
    child.once("error", (error) => done((ended = error.message)));
    child.once("exit", (code, signal) => done((ended = `code ${code ?? signal}`)));
  });
  return {
    output: () => Buffer.concat(said).toString(),
    ended: () => ended,
    end,
    async stop() {
      child.kill("SIGTERM");
      const late = setTimeout(() => child.kill("SIGKILL"), 10_000);
      await end;
      clearTimeout(late);
    },
  };
}

/** Asks `ready` until it says yes, the program ends, or a minute is over. */
export async function waitUntil(ready, running, what) {
  for (let tries = 0; tries < 1200; tries++) {
    if (running.ended()) break;
    if (await ready().catch(() => false)) return;
    await pause(50);
  }
  throw new Error(`${what} did not start (${running.ended() ?? "a minute is over"}):\n${running.output()}`);
}
