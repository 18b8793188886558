// The visitor at a real browser: a reviewer gets a picture of the page that expected.json describes, and of no other.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { launch } from "../../crates/journeys/kit/chromium.mjs";
import { drawing } from "./help.mjs";
import { writeReviewed, writeSheets } from "./review.mjs";
import { folderFor, trial } from "./trial.mjs";
import { visitors } from "./visitor.mjs";

const PNG = "image/png";
const PICTURE = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII=", "base64");
const PAGES = {
  "/authorize": [400, "<h1>The address isn't registered</h1><dd id=error-code>invalid_request</dd>"],
  "/sign-in": [200, "<img class=logo src=/logo.png><form action=/password><input name=login><button id=login-submit>On</button></form>"],
  "/no-logo": [200, "<img class=logo src=/gone.png><input name=login>"],
  "/password": [200, "<h1>Type your password</h1><form action=/callback><input name=password><button id=login-submit>On</button></form>"],
  "/hidden": [200, "<h1 hidden>Type your password</h1>"],
  "/logo.png": [200, PICTURE, PNG],
};
const world = {};

before(async () => {
  const server = createServer((request, response) => {
    const [status, body, type = "text/html"] = PAGES[request.url.split("?")[0]] ?? [404, ""];
    response.writeHead(status, { "content-type": type }).end(body);
  });
  const suite = createServer((_, response) => response.end("<h1>back</h1>"));
  for (const one of [server, suite]) await new Promise((done) => one.listen(0, "127.0.0.1", done));
  const at = (one) => `http://127.0.0.1:${one.address().port}`;
  PAGES["/password"][1] = PAGES["/password"][1].replace("/callback", `${at(suite)}/callback`);
  Object.assign(world, { chromium: await launch(""), servers: [server, suite], site: at(server), suite: at(suite) });
});

after(async () => {
  await world.chromium?.close();
  for (const server of world.servers ?? []) server.closeAllConnections(), server.close();
});

/** Visits an address with a suite that wants one picture; answers with the pictures that were sent. */
async function visit(path, page, wanted = true) {
  const sent = [];
  const pictures = { wanted: async () => wanted && !sent.length, send: async (png) => void sent.push(png) };
  const make = visitors(world.chromium, { suite: world.suite, person: { address: "a@b.example", password: "p" } });
  const visitor = await make(pictures, page);
  try {
    await visitor.visit(`${world.site}${path}`);
  } finally {
    await visitor.close();
  }
  return sent;
}

const ERROR = { path: "/authorize", status: 400, shows: { h1: "isn't registered", "#error-code": "invalid_request" } };
const PASSWORD = { path: "/password", status: 200, shows: { "input[name=password]": "" } };

test("a picture is sent of the page that is as described", async () => {
  const [png] = await visit("/authorize", ERROR);
  assert.equal(png.subarray(1, 4).toString(), "PNG");
});

test("a page with another status, another code or without a word of it gets no picture", async () => {
  await assert.rejects(visit("/authorize", { ...ERROR, status: 200 }), /the status is 400, not 200/);
  const other = { ...ERROR, shows: { "#error-code": "access_denied" } };
  await assert.rejects(visit("/authorize", other), /#error-code is missing, or doesn't say "access_denied"/);
  const hidden = { path: "/hidden", status: 200, shows: { h1: "password" } };
  await assert.rejects(visit("/hidden", hidden), /h1 is missing/);
});

test("a picture that nobody described, or that is wanted of a page elsewhere, is not sent", async () => {
  await assert.rejects(visit("/authorize", undefined), /doesn't name, but here is \/authorize/);
  await assert.rejects(visit("/authorize", { ...ERROR, path: "/logout/done" }), /wanted of \/logout\/done, but here is \/authorize/);
});

test("sign-in pages on the way are answered without a picture, where the review wants another", async () => {
  const sent = await visit("/sign-in", PASSWORD);
  assert.equal(sent.length, 1);
  assert.deepEqual(await visit("/sign-in", PASSWORD, false), []);
});

test("a logo must have been loaded, and the visitor leaves with its picture", async () => {
  const logo = { path: "/sign-in", status: 200, shows: { "img.logo": "" }, leave: true };
  assert.equal((await visit("/sign-in", logo)).length, 1);
  await assert.rejects(visit("/no-logo", { ...logo, path: "/no-logo" }), /img.logo was not loaded/);
});

test("a person gets all pictures on sheets, and only what was on them counts as looked at", async (t) => {
  const page = { path: "/authorize", status: 400, shows: { h1: "" } };
  const expected = [{ module: "one", result: "REVIEW", runs: ["trial"], reason: "a reason", page }];
  const visitor = (pictures) => ({ visit: () => pictures.send(PICTURE), close: async () => {} });
  const modules = [{ name: "one", url: "https://op/", placeholder: "here", result: "REVIEW" }];
  const done = await trial(t, modules, { expected, help: { visitor } });
  const [path, { draw, close }] = [join(folderFor(t), "reviewed.json"), await drawing()];
  t.after(close);
  const { exports } = done.folders;
  assert.throws(() => writeReviewed(path, exports, "somebody", "2026-11-21"), /has no sheets/);
  await writeSheets(done.all, exports, expected, draw, () => {});
  assert.ok(existsSync(join(exports, "pictures", "one-1.png")));
  assert.throws(() => writeReviewed(path, exports, " ", "2026-11-21"), /who looked/);
  writeReviewed(path, exports, "somebody", "2026-11-21");
  const reviewed = JSON.parse(readFileSync(path, "utf8"));
  assert.deepEqual(reviewed.pictures, { one: done.all[0].modules[0].pictures });
  done.book.reviewed = reviewed;
  assert.deepEqual(done.verified(), []);
});
