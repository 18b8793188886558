// Whoever has the exported logs finds out what of the recorded results is not true.

import assert from "node:assert/strict";
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { book } from "./configuration.mjs";
import { signed } from "./fake_suite.mjs";
import { faultsOfAll } from "./recorded.mjs";
import { kept, table } from "./results.mjs";
import { thumbprint } from "./signatures.mjs";
import { GOOD, NAME, listOf, trial } from "./trial.mjs";

const conformance = join(dirname(fileURLToPath(import.meta.url)), "..");
const sha256 = (text) => createHash("sha256").update(text).digest("hex");

test("a log forged together with its digest is named, since the suite did not sign it", async (t) => {
  const done = await trial(t, [{ name: "one", result: "SKIPPED" }], {
    expected: [{ module: "one", result: "SKIPPED", runs: ["trial"], reason: "a reason" }],
  });
  assert.deepEqual(done.verified(), []);
  let digest;
  done.tamper(([[name, text], signature]) => {
    const forged = text.replace("SKIPPED", "PASSED");
    digest = sha256(forged);
    return [[name, forged], signature];
  });
  done.forge(({ modules: [row] }) => Object.assign(row, { result: "PASSED", log_sha256: digest }));
  done.book.expected.length = 0;
  assert.deepEqual(done.verified(), ["trial: one (module1): the log is not signed by the suite's key"]);
});

test("a log signed by another key is named, also where that key lies beside it", async (t) => {
  const done = await trial(t, [{ name: "one" }]);
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  done.tamper(([[name, text], [other]]) => [[name, text], [other, sign("sha256", Buffer.from(text), privateKey).toString("base64url")]]);
  assert.deepEqual(done.verified(), ["trial: one (module1): the log is not signed by the suite's key"]);
  const jwk = publicKey.export({ format: "jwk" });
  writeFileSync(join(done.folders.exports, `${NAME}.key.json`), JSON.stringify(jwk));
  assert.deepEqual(done.verified(), ["trial: the key is not the one that the results name"]);
});

test("a log without a signature is named", async (t) => {
  const done = await trial(t, [{ name: "one" }]);
  done.tamper((files) => files.filter(([name]) => name.endsWith(".json")));
  assert.deepEqual(done.verified(), ["trial: one (module1): the log is not signed by the suite's key"]);
});

test("a key's thumbprint is that of RFC 7638", () => {
  const n =
    "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMs" +
    "tn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n9" +
    "1CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
  assert.equal(thumbprint({ kid: "2011-04-29", n, e: "AQAB", kty: "RSA", alg: "RS256" }), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
});

test("an altered log is named, and so is an archive that is gone", async (t) => {
  const done = await trial(t, GOOD);
  done.tamper((files) => files.map(([name, text]) => [name, /module3\.json/.test(name) ? `${text} ` : text]));
  const faults = done.verified().join("\n");
  assert.match(faults, /two \(module3\): the log was altered/);
  assert.doesNotMatch(faults, /module1|module2/);
  rmSync(done.archive);
  assert.match(done.verified().join(), /no exported archive/);
});

test("a log that no row speaks of is named, and one that is there twice", async (t) => {
  const done = await trial(t, GOOD);
  done.tamper((files) => {
    const [[name, text]] = files;
    const more = [[name.replace("module1", "module9"), text.replace("module1", "module9")], [name.replace("one", "One"), text]];
    return [...files, ...signed(more)];
  });
  assert.deepEqual(done.verified(), ["trial: one (module9): a log without a row", "trial: one (module1): a log without a row"]);
});

test("a row changed by hand is named", async (t) => {
  const expected = [{ module: "one", result: "SKIPPED", runs: ["trial"], reason: "a reason" }];
  const done = await trial(t, [{ name: "one", result: "SKIPPED" }], { expected });
  done.forge(({ modules: [row] }) => (row.result = "PASSED"));
  assert.match(done.verified().join(), /the log says SKIPPED, the row PASSED/);
});

test("a module left out of the results, the archive and the suite's exported list is named", async (t) => {
  const done = await trial(t, GOOD);
  done.forge(({ modules }) => modules.pop());
  done.tamper((files) => files.slice(0, -2));
  const list = join(done.folders.exports, `${NAME}.plan.json`);
  const plan = JSON.parse(readFileSync(list, "utf8"));
  plan.modules.pop();
  writeFileSync(list, JSON.stringify(plan));
  assert.deepEqual(done.verified(), ["trial: two[mode=b]: not run", "trial: two[mode=b]: not run"]);
});

test("a run without a result is named, and a result of no run", async (t) => {
  const done = await trial(t, GOOD);
  const other = { ...done.book.runs[0], name: "other", variant: { response_type: "code" } };
  done.book.runs = [other];
  const faults = done.verified().join("\n");
  assert.match(faults, /plans.json has no run trial that is kept there/);
  assert.match(faults, /other: 0 results, not one/);
});

test("a log of another plan, variant, suite or build is named", async (t) => {
  for (const [testInfo, fault] of [
    [{ planId: "another" }, "the log is of plan another"],
    [{ version: "0.0.1" }, "the log is of suite 0.0.1"],
    [{ variant: { response_type: "code" } }, "the log is of another variant than [response_type=code id_token]"],
    [{ description: "trial-plan; commit e" }, "the log is of another build of Portvakt"],
  ]) {
    const { faults } = await trial(t, [{ name: "one" }], { prepare: (world) => (world.testInfo = testInfo) });
    assert.deepEqual(faults, [`trial: one (module1): ${fault}`]);
  }
});

test("a day that is not the logs' is named", async (t) => {
  const done = await trial(t, [{ name: "one" }]);
  done.forge((whole) => (whole.date = "2026-11-22"));
  assert.deepEqual(done.verified(), ["trial: the logs are of 2026-11-21, the results of 2026-11-22"]);
});

test("results of two commits are named", async (t) => {
  const { all, book } = await trial(t, GOOD);
  const other = { ...book.runs[0], name: "other", variant: {} };
  const second = { ...all[0], run: "other", variant: {}, file: "trial-plan.json", portvakt: { ...all[0].portvakt, commit: "e".repeat(40) } };
  const both = { ...book, runs: [...book.runs, other], modules: { trial: listOf(GOOD), other: listOf(GOOD) } };
  const faults = faultsOfAll([...all, second], both);
  assert.deepEqual(faults, [`the results are of different commits: ${"c".repeat(40)}, ${"e".repeat(40)}`]);
});

test("a picture that was exchanged is named", async (t) => {
  const page = { path: "/authorize", status: 400, shows: { h1: "" } };
  const visitor = (pictures) => ({ visit: () => pictures.send(Buffer.from("png")), close: async () => {} });
  const modules = [{ name: "one", url: "https://op/", placeholder: "here", result: "REVIEW" }];
  const expected = [{ module: "one", result: "REVIEW", runs: ["trial"], reason: "a reason", page }];
  const done = await trial(t, modules, { expected, help: { visitor } });
  done.forge(({ modules: [row] }) => (row.pictures = ["a".repeat(64)]));
  assert.match(done.verified().join(), /the log has the pictures [0-9a-f]{64}, the row a{64}/);
});

test("the results that are kept here are whole, of one build, looked at and free of faults, and the table shows them", () => {
  const whole = book(conformance);
  const all = kept(join(conformance, "results"), whole.runs);
  assert.deepEqual(faultsOfAll(all, whole), []);
  assert.ok(readFileSync(join(conformance, "../docs/conformance.md"), "utf8").includes(table(all)));
});
