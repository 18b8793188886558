// The runner against a suite that plays what a test wants: whatever is not as it should be is named, and not recorded.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { check, judge } from "./expected.mjs";
import { fakeSuite } from "./fake_suite.mjs";
import { kept, logs, table } from "./results.mjs";
import { runPlans } from "./run.mjs";
import { Suite } from "./suite.mjs";
import { GOOD, PORTVAKT, RUN, folderFor, listOf, trial } from "./trial.mjs";

const PAGE = { path: "/authorize", status: 400, shows: { h1: "not registered" } };
const entry = (module, result, more = {}) => ({ module, result, runs: ["trial"], reason: "a reason", ...more });
const PNG = Buffer.from("png");
/** A person at a browser who sends one picture of whatever is visited. */
const taker = (visits = []) => (pictures, page) => ({
  visit: async (...given) => (visits.push([...given, page]), void ((await pictures.wanted()) && (await pictures.send(PNG)))),
  close: async () => {},
});

test("a plan whose modules all pass is recorded with its build, its suite's key and the digest of each log", async (t) => {
  const done = await trial(t, GOOD);
  assert.deepEqual(done.faults, []);
  assert.deepEqual(done.verified(), []);
  const [{ file, modules, suite, plan_id, portvakt, date }] = done.all;
  assert.equal(file, "trial-plan[response_type=code_id_token].json");
  const { key, ...which } = suite;
  assert.deepEqual(which, { version: "0.0.0", revision: "fake" });
  assert.match(key, /^[A-Za-z0-9_-]{43}$/);
  assert.deepEqual([plan_id, date, portvakt], ["plan", "2026-11-21", PORTVAKT]);
  const digests = logs(readFileSync(done.archive)).map(({ digest }) => digest);
  assert.deepEqual(modules.map(({ log_sha256 }) => log_sha256).sort(), digests.sort());
  assert.match(table(done.all), /\| \[trial\]\(.*\) \| response_type=code id_token \| 3 \| 3 \|.*\| cccccccccc \|/);
});

test("the suite is told which build it meets, so that each log says so", async (t) => {
  const { world } = await trial(t, GOOD);
  assert.equal(world.configuration.description, `trial-plan; commit ${"c".repeat(40)}, program ${"d".repeat(64)}`);
});

test("a build without a commit is not recorded", async (t) => {
  const { faults, all } = await trial(t, GOOD, { portvakt: { ...PORTVAKT, commit: null } });
  assert.deepEqual(faults, ["trial: no commit of Portvakt's: its server was started from a tree with changes"]);
  assert.deepEqual(all, []);
});

test("a failing module is named, nothing excuses it, and the result that was recorded before stays", async (t) => {
  const bad = [{ name: "one" }, { name: "two", result: "FAILED", log: [["CheckIssuer", "FAILURE"]] }];
  const plain = await trial(t, bad);
  assert.deepEqual(plain.faults, ["trial: two: FAILED"]);
  assert.deepEqual([plain.all, existsSync(plain.archive)], [[], false]);
  assert.equal(plain.came.modules[1].result, "FAILED");
  const expected = [entry("two", "FAILED")];
  assert.equal((await trial(t, bad, { expected })).faults.length, 1);
  assert.deepEqual(check(expected, [RUN]), ["expected.json: two: FAILED can't be excused"]);
});

test("a module that never ends is stopped and named", async (t) => {
  const { faults, came } = await trial(t, [{ name: "one", status: "WAITING" }], { patience: 50 });
  assert.deepEqual(faults, ["trial: one: INTERRUPTED"]);
  assert.equal(came.modules[0].result, "INTERRUPTED");
});

test("a module that passed although a condition of its failed is named at the run", async (t) => {
  const { faults, all } = await trial(t, [{ name: "one", log: [["CheckNonce", "FAILURE"]] }]);
  assert.deepEqual(faults, ["trial: one (module1): the row says PASSED, the log fails in CheckNonce"]);
  assert.deepEqual(all, []);
});

test("a trouble of the runner's own is named, although the suite let the module pass", async (t) => {
  const visit = () => ({ visit: () => Promise.reject(new Error("the page is another")), close: async () => {} });
  const { faults } = await trial(t, [{ name: "one", url: "https://op/authorize" }], { help: { visitor: visit } });
  assert.ok(faults.includes("trial: one: the page is another"), faults.join("\n"));
});

test("one module that the suite refuses to make is not run, and the others are", async (t) => {
  const { faults, came } = await trial(t, [{ name: "one", refuses: true }, { name: "two" }]);
  assert.ok(faults.includes("trial: one: NOT RUN"), faults.join("\n"));
  assert.match(faults.join("\n"), /trial: one: POST api\/runner: 500 .*no room/);
  assert.deepEqual(came.modules.map(({ result }) => result), ["NOT RUN", "PASSED"]);
});

test("one plan that the suite refuses is a fault, and the next runs", async (t) => {
  const suite = await fakeSuite([{ name: "one" }]);
  t.after(() => suite.stop());
  suite.world.refuses = "other-plan";
  const [exports, other] = [folderFor(t), { ...RUN, name: "other", plan: "other-plan" }];
  const folders = { results: join(exports, "results"), exports, trials: join(exports, "trials") };
  const book = { runs: [other, RUN], expected: [], modules: { trial: ["one"] } };
  const world = { help: {}, portvakt: PORTVAKT, folders, book, say: () => {}, patience: 5_000 };
  const faults = await runPlans(new Suite(suite.address), [other, RUN], () => ({}), world);
  assert.match(faults.join(), /^other: POST api\/plan: 500 [^,]*$/);
  assert.ok(existsSync(join(folders.results, "trial-plan[response_type=code_id_token].json")));
});

test("a log that the export lacks is named", async (t) => {
  const { faults } = await trial(t, GOOD, { prepare: (world) => (world.exported = (files) => files.slice(1)) });
  assert.deepEqual(faults, ["trial: one (module1): no log", "trial: one (module1): the log is missing"]);
});

test("a list of the suite's that is not the one of modules.json is named, though it is shorter", async (t) => {
  const { faults } = await trial(t, GOOD.slice(1), { list: listOf(GOOD) });
  assert.ok(faults.includes("trial: the suite's list: one: not run"), faults.join("\n"));
  const longer = await trial(t, GOOD, { list: listOf(GOOD.slice(1)) });
  assert.ok(longer.faults.includes("trial: one: not a module that modules.json has for this run"), longer.faults.join("\n"));
});

test("a module of the list that did not run is named, and one that the list lacks", () => {
  const rows = [{ module: "two", variant: { mode: "b" }, result: "PASSED" }];
  assert.deepEqual(judge("trial", ["one", "two[mode=a]"], rows, []), [
    "trial: two[mode=b]: not a module that modules.json has for this run",
    "trial: one: not run",
    "trial: two[mode=a]: not run",
  ]);
});

test("what is expected must happen: a pass, another result or a missing module is named", async (t) => {
  const modules = [{ name: "one" }, { name: "two", result: "SKIPPED" }, { name: "three", result: "SKIPPED" }];
  const expected = [entry("one", "SKIPPED"), entry("two", "WARNING"), entry("three", "SKIPPED"), entry("four", "SKIPPED")];
  const { faults } = await trial(t, modules, { expected });
  assert.deepEqual(faults, [
    "trial: one: PASSED, expected SKIPPED: the entry no longer happens",
    "trial: two: SKIPPED, expected WARNING: the entry no longer happens",
    "trial: four: expected SKIPPED, but the plan has no such module",
  ]);
});

test("a warning is accepted by the name of its condition, and only that", async (t) => {
  const modules = [{ name: "one", result: "WARNING", log: [["CheckScopes", "WARNING"], ["CheckClaims", "WARNING"]] }];
  const accept = (warnings) => [entry("one", "WARNING", { warnings })];
  assert.deepEqual((await trial(t, modules, { expected: accept(["CheckScopes", "CheckClaims"]) })).faults, []);
  const { faults } = await trial(t, modules, { expected: accept(["CheckScopes"]) });
  assert.deepEqual(faults, ["trial: one: warned of CheckClaims, CheckScopes, accepted was CheckScopes"]);
});

test("an entry without a reason, for a run that nobody knows, or a review of no page, is named", () => {
  const expected = [{ module: "one", result: "REVIEW", runs: ["elsewhere"], reason: " " }];
  assert.deepEqual(check(expected, [RUN]), [
    "expected.json: one: no reason",
    "expected.json: one: a page belongs to a REVIEW, with path, status and shows",
    "expected.json: one: no run is called elsewhere",
  ]);
  assert.equal(check([entry("one", "SKIPPED", { page: PAGE })], [RUN]).length, 1);
});

test("an address that the suite's browser leaves is visited, and the digest of the wanted picture kept", async (t) => {
  const visits = [];
  const modules = [{ name: "one", url: "https://op/authorize?a=b", method: "POST", placeholder: "here", result: "REVIEW" }];
  const expected = [entry("one", "REVIEW", { page: PAGE })];
  const done = await trial(t, modules, { help: { visitor: taker(visits) }, expected });
  assert.deepEqual(done.faults, []);
  assert.deepEqual(visits, [["https://op/authorize?a=b", "POST", PAGE]]);
  assert.deepEqual(done.world.uploads, [`data:image/png;base64,${PNG.toString("base64")}`]);
  const digest = createHash("sha256").update(PNG).digest("hex");
  assert.deepEqual(done.all[0].modules[0].pictures, [digest]);
  assert.deepEqual(done.verified(), ["trial: one (module1): nobody has looked at its picture"]);
  done.book.reviewed.pictures.one = [digest];
  assert.deepEqual(done.verified(), []);
});

test("a review without a picture is named", async (t) => {
  const { faults } = await trial(t, [{ name: "one", result: "REVIEW" }], { expected: [entry("one", "REVIEW", { page: PAGE })] });
  assert.deepEqual(faults, ["trial: one: REVIEW with 0 pictures"]);
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

test("a run that is faulty does not replace the one that was recorded before", async (t) => {
  const { folders, all, archive, book } = await trial(t, GOOD);
  const [before, digest] = [JSON.stringify(all), readFileSync(archive).toString("base64")];
  const suite = await fakeSuite([{ name: "one", result: "FAILED" }]);
  t.after(() => suite.stop());
  const again = { help: {}, portvakt: PORTVAKT, folders, book, say: () => {}, patience: 5_000 };
  assert.notDeepEqual(await runPlans(new Suite(suite.address), [RUN], () => ({}), again), []);
  assert.equal(JSON.stringify(kept(folders.results, [RUN])), before);
  assert.equal(readFileSync(archive).toString("base64"), digest);
});
