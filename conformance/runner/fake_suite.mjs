// A small stand-in for the suite's REST interface, for the runner's own tests: it plays the modules that it is given.

import { generateKeyPairSync, sign } from "node:crypto";
import { createServer } from "node:http";
import { crc32 } from "node:zlib";

const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });

/**
 * @param modules what each module does: {name, variant, result, log, status, url, method, placeholder, waits,
 *   started, refuses}
 *   `status` is where it stays for good, `url` an address it wants visited before it ends, `placeholder` a picture
 *   that it waits for, `waits` that it starts only when it is told to, and
 *   `started` is called then; `refuses` lets the suite answer the question for such a module with an error
 */
export async function fakeSuite(modules) {
  const running = new Map();
  const world = { uploads: [], visits: [], configuration: undefined, exported: (files) => files, testInfo: {} };
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const url = new URL(request.url, "http://suite");
    const asked = { method: request.method, path: url.pathname, query: url.searchParams, body: Buffer.concat(chunks).toString() };
    if (url.pathname === "/jwks") return void response.end(JSON.stringify({ keys: [publicKey.export({ format: "jwk" })] }));
    const { status = 200, bytes, json } = answer(asked, modules, running, world) ?? { status: 404, json: {} };
    response.writeHead(status).end(bytes ?? JSON.stringify(json));
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return {
    address: `http://127.0.0.1:${server.address().port}`,
    world,
    stop() {
      server.closeAllConnections();
      return new Promise((done) => server.close(done));
    },
  };
}

const list = (modules) => modules.map(({ name, variant = {} }) => ({ testModule: name, variant, instances: [] }));

function answer({ method, path, query, body }, modules, running, world) {
  const [, , area, one, two] = path.split("/");
  const called = `${method} ${area}`;
  if (called === "GET server") return { json: { version: "0.0.0", revision: "fake" } };
  if (called === "POST plan") {
    world.configuration = JSON.parse(body);
    world.variant = JSON.parse(query.get("variant"));
    if (world.refuses === query.get("planName")) return { status: 500, json: { error: "no such plan" } };
    return { status: 201, json: { id: "plan", name: query.get("planName"), modules: list(modules) } };
  }
  if (called === "GET plan" && one === "export") {
    return { bytes: zip(signed(world.exported([...running.values()].map((module) => file(module, world))))) };
  }
  const refused = modules.find(({ name, refuses }) => refuses && name === query.get("test"));
  if (called === "POST runner" && !one && refused) return { status: 500, json: { error: "no room" } };
  if (called === "POST runner" && !one) return { status: 201, json: { id: create(query, modules, running) } };
  if (called === "POST runner" && one === "browser") {
    const module = running.get(two);
    world.visits.push(query.get("url"));
    module.visited = true;
    return { status: 204, bytes: "" };
  }
  const module = running.get(one);
  if (!module) return undefined;
  return ofModule(called, two, body, module, world);
}

function create(query, modules, running) {
  const variant = query.get("variant") ?? "{}";
  const same = ({ name, variant: its = {} }) => name === query.get("test") && JSON.stringify(its) === variant;
  const id = `module${running.size + 1}`;
  running.set(id, { ...modules.find(same), id });
  return id;
}

function ofModule(called, two, body, module, world) {
  switch (called) {
    case "POST runner":
      module.begun = true;
      module.started?.();
      return { json: {} };
    case "DELETE runner":
      module.stopped = true;
      return { json: {} };
    case "GET runner":
      if (two === "wait-state") return { json: over(module) ? { state: state(module) } : { timeout: true } };
      return { json: { browser: { urlsWithMethod: wanted(module) } } };
    case "POST log":
      world.uploads.push(body);
      module.pictured = body;
      return { json: {} };
    case "GET log":
      if (two !== "images") return { json: log(module) };
      return { json: module.placeholder && !module.pictured ? [{ upload: module.placeholder }] : [] };
    default:
      return { json: { testId: module.id, status: state(module), result: module.result ?? "PASSED" } };
  }
}

const wanted = ({ url, method = "GET", visited }) => (url && !visited ? [{ url, method }] : []);

function log({ log = [], pictured }) {
  const entries = log.map(([src, result]) => ({ src, result }));
  return pictured ? [...entries, { src: "ExpectPage", result: "REVIEW", img: pictured }] : entries;
}

const over = (module) => ["FINISHED", "INTERRUPTED"].includes(state(module));

function state(module) {
  if (module.stopped) return "INTERRUPTED";
  if (module.status) return module.status;
  if (module.waits && !module.begun) return "CONFIGURED";
  return wanted(module).length || (module.placeholder && !module.pictured) ? "WAITING" : "FINISHED";
}

function file(module, { variant, configuration: { description }, testInfo }) {
  const whole = {
    ...{ testId: module.id, testName: module.name, variant: { ...variant, ...module.variant }, planId: "plan" },
    ...{ version: "0.0.0", started: "2026-11-21T23:59:59.5Z", description },
    ...{ status: state(module), result: module.result ?? "PASSED", ...testInfo },
  };
  return [`test-log-${module.name}-${module.id}.json`, JSON.stringify({ testInfo: whole, results: log(module) })];
}

/** Each file, followed by its signature of this suite's. */
export function signed(files) {
  const signature = (text) => `${sign("sha256", Buffer.from(text), privateKey).toString("base64url")}==`;
  return files.flatMap(([name, text]) => [[name, text], [name.replace(/\.json$/, ".sig"), signature(text)]]);
}

/** A zip archive whose files are not packed. */
export function zip(files) {
  const parts = [], directory = [];
  let at = 0;
  for (const [name, text] of files) {
    const [title, bytes] = [Buffer.from(name), Buffer.from(text)];
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0); // the version that is needed
    common.writeUInt32LE(crc32(bytes), 10);
    common.writeUInt32LE(bytes.length, 14);
    common.writeUInt32LE(bytes.length, 18);
    common.writeUInt16LE(title.length, 22);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(at, 10);
    directory.push(Buffer.from("PK\x01\x02\x14\x00", "latin1"), common, place, title);
    const entry = [Buffer.from("PK\x03\x04", "latin1"), common, title, bytes];
    parts.push(...entry);
    at += entry.reduce((sum, part) => sum + part.length, 0);
  }
  const end = Buffer.alloc(18);
  end.writeUInt16LE(files.length, 4);
  end.writeUInt16LE(files.length, 6);
  end.writeUInt32LE(directory.reduce((sum, part) => sum + part.length, 0), 8);
  end.writeUInt32LE(at, 12);
  return Buffer.concat([...parts, ...directory, Buffer.from("PK\x05\x06", "latin1"), end]);
}
