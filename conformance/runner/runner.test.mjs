// The runner against a suite that plays what a test wants: whatever is not as it should be is named.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { deflateRawSync } from "node:zlib";
import { configuration, fill, merge, read, runs } from "./configuration.mjs";
import { check, judge } from "./expected.mjs";
import { fakeSuite, zip } from "./fake_suite.mjs";
import { kept, logs, table, writeTable } from "./results.mjs";
import { runPlan } from "./run.mjs";
import { Suite } from "./suite.mjs";
import { verify } from "./verify.mjs";
import { unzip } from "./zip.mjs";

const conformance = join(dirname(fileURLToPath(import.meta.url)), "..");
const RUN = { name: "trial", plan: "trial-plan", variant: { response_type: "code id_token" }, configuration: "trial.json" };
const GOOD = [{ name: "one" }, { name: "two", variant: { mode: "a" } }, { name: "two", variant: { mode: "b" } }];

/** Runs a plan of these modules and answers with what was wrong and what was kept. */
async function trial(t, modules, { expected = [], help = {}, told = {}, exported, patience = 5_000 } = {}) {
  const suite = await fakeSuite(modules);
  t.after(() => suite.stop());
  if (exported) suite.world.exported = exported;
  const folder = mkdtempSync(join(tmpdir(), "portvakt-conformance-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const folders = { results: join(folder, "results"), exports: join(folder, "exports") };
  const world = { help, folders, expected, say: () => {}, patience };
  const faults = await runPlan(new Suite(suite.address), RUN, told, world);
  const archive = join(folders.exports, "trial-plan[response_type=code_id_token].zip");
  const verified = () => verify(kept(folders.results, [RUN]), folders.exports, [RUN], expected);
  return { faults, folders, archive, verified, world: suite.world, all: kept(folders.results, [RUN]) };
}

test("a plan whose modules all pass is kept with the digest of each log, and verifies", async (t) => {
  const { faults, verified, all, archive } = await trial(t, GOOD);
  assert.deepEqual(faults, []);
  assert.deepEqual(verified(), []);
  const [{ file, modules, suite, plan_id }] = all;
  assert.equal(file, "trial-plan[response_type=code_id_token].json");
  assert.deepEqual(suite, { version: "0.0.0", revision: "fake" });
  assert.equal(plan_id, "plan");
  const digests = [...logs(readFileSync(archive)).values()].map(({ digest }) => digest);
  assert.deepEqual(modules.map(({ log_sha256 }) => log_sha256).sort(), digests.sort());
  assert.match(table(all), /\| \[trial\]\(.*\) \| response_type=code id_token \| 3 \| 3 \|/);
});

test("a failing module is named at the run and at the verification, and nothing excuses it", async (t) => {
  const bad = [{ name: "one" }, { name: "two", result: "FAILED", log: [["CheckIssuer", "FAILURE"]] }];
  const expected = [{ module: "two", result: "FAILED", runs: ["trial"], reason: "we would like that" }];
  const plain = await trial(t, bad);
  assert.deepEqual(plain.faults, ["trial: two: FAILED"]);
  assert.deepEqual(plain.verified(), ["trial: two: FAILED"]);
  const excused = await trial(t, bad, { expected });
  assert.equal(excused.faults.length, 1);
  assert.deepEqual(check(expected, [RUN]), ["expected.json: two: FAILED can't be excused"]);
});

test("a module that never ends is stopped and named", async (t) => {
  const { faults, all } = await trial(t, [{ name: "one", status: "WAITING" }], { patience: 50 });
  assert.deepEqual(faults, ["trial: one: INTERRUPTED"]);
  assert.equal(all[0].modules[0].result, "INTERRUPTED");
});

test("a result that says PASSED above a log with a failure is named", async (t) => {
  const { verified } = await trial(t, [{ name: "one", log: [["CheckNonce", "FAILURE"]] }]);
  assert.deepEqual(verified(), [
    "trial-plan[response_type=code_id_token]: one (module1): the log has failures, the row says PASSED",
  ]);
});

test("a log that the export lacks is named at the run and at the verification", async (t) => {
  const { faults, verified } = await trial(t, GOOD, { exported: (files) => files.slice(1) });
  assert.deepEqual(faults, ["trial: one (module1): the export lacks its log"]);
  assert.match(verified().join(), /one \(module1\): the log is missing/);
});

test("an altered log is named, and so is an archive that is gone", async (t) => {
  const { archive, verified } = await trial(t, GOOD);
  const files = [...unzip(readFileSync(archive))].map(([name, bytes]) => [name, bytes.toString()]);
  files[2][1] = files[2][1].replace("FINISHED", "FINISHED ");
  writeFileSync(archive, zip(files));
  const faults = verified().join("\n");
  assert.match(faults, /two \(module3\): the log was altered/);
  assert.doesNotMatch(faults, /module1|module2/);
  rmSync(archive);
  assert.match(verified().join(), /no exported archive/);
});

test("a log that no row speaks of is named", async (t) => {
  const { archive, verified } = await trial(t, GOOD);
  const files = [...unzip(readFileSync(archive))].map(([name, bytes]) => [name, bytes.toString()]);
  const [name, text] = files[0];
  writeFileSync(archive, zip([...files, [name.replace("module1", "module9"), text.replace("module1", "module9")]]));
  assert.match(verified().join(), /one \(module9\): a log without a row/);
});

test("a row changed by hand is named", async (t) => {
  const { folders, verified, all } = await trial(t, [{ name: "one", result: "SKIPPED" }]);
  const [{ file, ...whole }] = all;
  whole.modules[0].result = "PASSED";
  writeFileSync(join(folders.results, file), JSON.stringify(whole));
  assert.match(verified().join(), /the log says SKIPPED, the row PASSED/);
});

test("a module of the suite's list that did not run is named, and one that the list lacks", () => {
  const list = [{ testModule: "one", variant: {} }, { testModule: "two", variant: { mode: "a" } }];
  const rows = [{ module: "two", variant: { mode: "b" }, result: "PASSED" }];
  assert.deepEqual(judge("trial", list, rows, []), [
    "trial: two[mode=b]: not a module of the suite's for this variant",
    "trial: one: not run",
    "trial: two[mode=a]: not run",
  ]);
});

test("what is expected must happen: a pass, another result or a missing module is named", async (t) => {
  const entry = (module, result) => ({ module, result, runs: ["trial"], reason: "a reason" });
  const modules = [{ name: "one" }, { name: "two", result: "SKIPPED" }, { name: "three", result: "REVIEW" }];
  const expected = [entry("one", "REVIEW"), entry("two", "REVIEW"), entry("three", "REVIEW"), entry("four", "SKIPPED")];
  const { faults } = await trial(t, modules, { expected });
  assert.deepEqual(faults, [
    "trial: one: PASSED, expected REVIEW: the entry no longer happens",
    "trial: two: SKIPPED, expected REVIEW: the entry no longer happens",
    "trial: four: expected SKIPPED, but the plan has no such module",
  ]);
});

test("a warning is accepted by the name of its condition, and only that", async (t) => {
  const modules = [{ name: "one", result: "WARNING", log: [["CheckScopes", "WARNING"], ["CheckClaims", "WARNING"]] }];
  const accept = (warnings) => [{ module: "one", result: "WARNING", warnings, runs: ["trial"], reason: "a reason" }];
  assert.deepEqual((await trial(t, modules, { expected: accept(["CheckScopes", "CheckClaims"]) })).faults, []);
  const { faults } = await trial(t, modules, { expected: accept(["CheckScopes"]) });
  assert.deepEqual(faults, ["trial: one: warned of CheckClaims, CheckScopes, accepted was CheckScopes"]);
});

test("an entry without a reason, or for a run that nobody knows, is named", () => {
  const expected = [{ module: "one", result: "REVIEW", runs: ["elsewhere"], reason: " " }];
  assert.deepEqual(check(expected, [RUN]), ["expected.json: one: no reason", "expected.json: one: no run is called elsewhere"]);
});

test("an address that the suite's browser leaves is visited, and the wanted picture uploaded", async (t) => {
  const visits = [];
  const modules = [{ name: "one", url: "https://op/authorize?a=b", method: "POST", placeholder: "here", result: "REVIEW" }];
  const visitor = (picture) => ({
    visit: async (...given) => (visits.push(given), void (await picture(async () => Buffer.from("png")))),
    close: async () => {},
  });
  const { world } = await trial(t, modules, { help: { visitor } });
  assert.deepEqual(visits, [["https://op/authorize?a=b", "POST"]]);
  assert.deepEqual(world.uploads, [`data:image/png;base64,${Buffer.from("png").toString("base64")}`]);
});

test("a module that wants to see the first page only says so to its visitor", async (t) => {
  const told = {};
  const names = ["oidcc-registration-logo-uri", "oidcc-prompt-login"];
  const visitor = (_, looksOnly) => ({
    visit: async (url) => void (told[url] = looksOnly),
    close: async () => {},
  });
  await trial(t, names.map((name) => ({ name, url: `https://op/${name}` })), { help: { visitor } });
  assert.deepEqual(told, { "https://op/oidcc-registration-logo-uri": true, "https://op/oidcc-prompt-login": false });
});

test("the module that has the keys turned runs when all others are over", async (t) => {
  const [others, seen] = [["another", "a third"], []];
  const help = { rotateKeys: async () => void seen.push("turned") };
  const modules = ["oidcc-server-rotate-keys", ...others].map((name) => ({ name, waits: true, started: () => seen.push(name) }));
  assert.deepEqual((await trial(t, modules, { help })).faults, []);
  assert.deepEqual(seen.slice(0, 2).sort(), [...others].sort());
  assert.deepEqual(seen.slice(2), ["turned", "oidcc-server-rotate-keys"]);
});

test("the keys are turned while the module that waits for it is not yet started", async (t) => {
  let turned = 0;
  const help = { rotateKeys: async () => void turned++ };
  const modules = [{ name: "oidcc-server-rotate-keys", waits: true }, { name: "another", waits: true }];
  assert.deepEqual((await trial(t, modules, { help })).faults, []);
  assert.equal(turned, 1);
});

test("a configuration is the shared one with the plan's own above it, and every name in braces filled", () => {
  const shared = { server: { a: 1, b: 2 }, browser: [1] };
  assert.deepEqual(merge(shared, { server: { b: 3 }, browser: [] }), { server: { a: 1, b: 3 }, browser: [] });
  assert.deepEqual(fill({ one: ["{secret}", "plain {x}"] }, { secret: "s" }), { one: ["s", "plain {x}"] });
  assert.throws(() => fill("{secret}", {}), /secret/);
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
  const folder = mkdtempSync(join(tmpdir(), "portvakt-conformance-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const page = join(folder, "page.md");
  writeFileSync(page, "before\n<!-- results: written by make conformance -->\nold\n<!-- /results -->\nafter\n");
  writeTable(page, []);
  const text = readFileSync(page, "utf8");
  assert.match(text, /^before\n/);
  assert.match(text, /after\n$/);
  assert.doesNotMatch(text, /old/);
  writeFileSync(page, "no marks");
  assert.throws(() => writeTable(page, []), /lacks the marks/);
});

test("every configuration in the folder can be filled, and expected.json has no fault of its own", () => {
  const { clients, certificates, person } = read(conformance, "seeds.json");
  const pairs = certificates.flatMap((name) => [`${name}_certificate`, `${name}_key`]);
  const names = [...clients.map(({ client_id }) => client_id), ...pairs, "password", "registration_token"];
  const secrets = Object.fromEntries(names.map((name) => [name, "s"]));
  const all = runs(conformance);
  for (const run of all) assert.ok(configuration(conformance, run, { ...secrets, address: person.address }).server);
  assert.deepEqual(check(read(conformance, "expected.json"), all), []);
  assert.equal(new Set(all.map(({ name }) => name)).size, all.length);
});

test("the results that are kept here excuse nothing but what expected.json names, and the table shows them", () => {
  const [all, expected] = [kept(join(conformance, "results"), runs(conformance)), read(conformance, "expected.json")];
  const faults = all.flatMap(({ run, modules }) => {
    const list = modules.map(({ module, variant }) => ({ testModule: module, variant }));
    return judge(run, list, modules, expected);
  });
  assert.deepEqual(faults, []);
  for (const { modules } of all) for (const { log_sha256 } of modules) assert.match(log_sha256, /^[0-9a-f]{64}$/);
  assert.ok(readFileSync(join(conformance, "../docs/conformance.md"), "utf8").includes(table(all)));
});
