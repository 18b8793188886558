// What the suite is told, and the small parts that the runner is made of.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { execFileSync } from "node:child_process";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { deflateRawSync } from "node:zlib";
import { build } from "./build.mjs";
import { book, configuration, fill, merge, read } from "./configuration.mjs";
import { check } from "./expected.mjs";
import { zip } from "./fake_suite.mjs";
import { writeTable } from "./results.mjs";
import { empty, tell, told } from "./state.mjs";
import { folderFor } from "./trial.mjs";
import { unzip } from "./zip.mjs";

const conformance = join(dirname(fileURLToPath(import.meta.url)), "..");

test("a configuration is the shared one with the plan's own above it, and every name in braces filled", () => {
  const shared = { server: { a: 1, b: 2 }, browser: [1] };
  assert.deepEqual(merge(shared, { server: { b: 3 }, browser: [] }), { server: { a: 1, b: 3 }, browser: [] });
  assert.deepEqual(fill({ one: ["{secret}", "plain {x}"] }, { secret: "s" }), { one: ["s", "plain {x}"] });
  assert.throws(() => fill("{secret}", {}), /secret/);
});

test("every configuration in the folder can be filled, every run has its list, and expected.json has no fault", () => {
  const { clients, certificates, person } = read(conformance, "seeds.json");
  const pairs = certificates.flatMap((name) => [`${name}_certificate`, `${name}_key`]);
  const names = [...clients.map(({ client_id }) => client_id), ...pairs, "password", "registration_token"];
  const secrets = Object.fromEntries(names.map((name) => [name, "s"]));
  const { runs, expected, modules } = book(conformance);
  for (const run of runs) assert.ok(configuration(conformance, run, { ...secrets, address: person.address }).server);
  assert.deepEqual(check(expected, runs), []);
  assert.equal(new Set(runs.map(({ name }) => name)).size, runs.length);
  assert.deepEqual(Object.keys(modules).sort(), runs.map(({ name }) => name).sort());
  for (const list of Object.values(modules)) assert.ok(list.length > 0 && new Set(list).size === list.length);
});

test("a packed zip is read, and what is no zip is refused", () => {
  const [name, text] = ["a", "b".repeat(1000)];
  const packed = deflateRawSync(Buffer.from(text));
  const archive = zip([[name, packed]]);
  const directory = archive.indexOf(Buffer.from("PK\x01\x02", "latin1"));
  archive.writeUInt16LE(8, directory + 10);
  assert.equal(unzip(archive).get(name).toString(), text);
  assert.throws(() => unzip(Buffer.from("nothing")), /not a zip/);
});

test("the table goes between its marks, and a page without them is refused", (t) => {
  const page = join(folderFor(t), "page.md");
  writeFileSync(page, "before\n<!-- results: written by make conformance -->\nold\n<!-- /results -->\nafter\n");
  writeTable(page, []);
  const text = readFileSync(page, "utf8");
  assert.match(text, /^before\n/);
  assert.match(text, /after\n$/);
  assert.doesNotMatch(text, /old/);
  writeFileSync(page, "no marks");
  assert.throws(() => writeTable(page, []), /lacks the marks/);
});

test("only a folder with our own mark is emptied, and the certificates stay", (t) => {
  const folder = folderFor(t);
  for (const name of ["tls", "state.json", "precious"]) mkdirSync(join(folder, name));
  assert.throws(() => empty(folder), /holds something else/);
  writeFileSync(join(folder, ".portvakt-conformance"), "another program's mark\n");
  assert.throws(() => empty(folder), /holds something else/);
  assert.ok(readdirSync(folder).includes("precious"));
  const ours = join(folder, "ours");
  empty(ours);
  for (const name of ["tls", "precious"]) mkdirSync(join(ours, name));
  empty(ours);
  assert.deepEqual(readdirSync(ours).sort(), [".portvakt-conformance", "tls"]);
});

test("a server that wrote nothing, has ended or doesn't answer is not up", async (t) => {
  const folder = folderFor(t);
  await assert.rejects(told(folder), /it wrote nothing/);
  tell(folder, {});
  await assert.rejects(told(folder), /has ended/);
  let status = 503;
  const server = createServer((_, response) => response.writeHead(status).end());
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const state = { issuer: `http://127.0.0.1:${server.address().port}`, secrets: {} };
  tell(folder, state);
  await assert.rejects(told(folder), /healthz\/ready: 503/);
  status = 200;
  assert.deepEqual(await told(folder), state);
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
  await assert.rejects(told(folder), /healthz\/ready: (.*ECONNREFUSED|other side closed)/);
});

test("a build has a commit only where no tracked file differs from it", (t) => {
  const tree = folderFor(t);
  const git = (...args) => execFileSync("git", ["-c", "user.name=n", "-c", "user.email=n@e", ...args], { cwd: tree, encoding: "utf8" });
  git("init", "--quiet");
  writeFileSync(join(tree, "program"), "abc");
  git("add", "program");
  git("commit", "--quiet", "--message", "one");
  const { commit, program_sha256 } = build(tree, join(tree, "program"));
  assert.equal(commit, git("rev-parse", "HEAD").trim());
  assert.equal(program_sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  writeFileSync(join(tree, "untracked"), "");
  assert.equal(build(tree, join(tree, "program")).commit, commit);
  writeFileSync(join(tree, "program"), "abcd");
  assert.equal(build(tree, join(tree, "program")).commit, null);
});
