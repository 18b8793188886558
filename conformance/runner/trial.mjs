// For the runner's own tests: one plan, run at a suite that plays what a test wants, in folders of its own.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { key } from "./expected.mjs";
import { fakeSuite, zip } from "./fake_suite.mjs";
import { faultsOfAll } from "./recorded.mjs";
import { kept } from "./results.mjs";
import { runPlan } from "./run.mjs";
import { Suite } from "./suite.mjs";
import { verify } from "./verify.mjs";
import { unzip } from "./zip.mjs";

export const RUN = {
  ...{ name: "trial", plan: "trial-plan", variant: { response_type: "code id_token" }, configuration: "trial.json" },
};
export const GOOD = [{ name: "one" }, { name: "two", variant: { mode: "a" } }, { name: "two", variant: { mode: "b" } }];
export const PORTVAKT = { commit: "c".repeat(40), program_sha256: "d".repeat(64) };
export const NAME = "trial-plan[response_type=code_id_token]";
export const listOf = (modules) => modules.map(({ name, variant }) => key(name, variant));

/** A folder that is gone after the test. */
export function folderFor(t) {
  const folder = mkdtempSync(join(tmpdir(), "portvakt-conformance-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Runs a plan of these modules; what it answers with knows what was wrong, and what was kept where. */
export async function trial(t, modules, { expected = [], help = {}, prepare, list, portvakt = PORTVAKT, patience = 5_000 } = {}) {
  const suite = await fakeSuite(modules);
  t.after(() => suite.stop());
  prepare?.(suite.world);
  const folder = folderFor(t);
  const [results, exports] = [join(folder, "results"), join(folder, "exports")];
  const folders = { results, exports, trials: join(exports, "trials") };
  const reviewed = { who: "somebody", date: "2026-11-21", pictures: {} };
  const book = { runs: [RUN], expected, modules: { trial: list ?? listOf(modules) }, reviewed };
  const faults = await runPlan(new Suite(suite.address), RUN, {}, { help, portvakt, folders, book, say: () => {}, patience });
  return new Trial(faults, folders, book, suite.world);
}

class Trial {
  constructor(faults, folders, book, world) {
    Object.assign(this, { faults, folders, book, world, archive: join(folders.exports, `${NAME}.zip`) });
  }

  /** What was recorded. */
  get all() {
    return kept(this.folders.results, this.book.runs);
  }

  /** What came, whether it was recorded or not. */
  get came() {
    return JSON.parse(readFileSync(join(this.folders.trials, `${NAME}.json`), "utf8"));
  }

  verified() {
    return [...faultsOfAll(this.all, this.book), ...verify(this.all, this.folders.exports, this.book.modules)];
  }

  /** Changes the recorded result by hand. */
  forge(change) {
    const [{ file, ...whole }] = this.all;
    change(whole);
    writeFileSync(join(this.folders.results, file), JSON.stringify(whole));
  }

  /** Changes the files of the exported archive: [[name, text]]. */
  tamper(change) {
    const files = [...unzip(readFileSync(this.archive))].map(([name, bytes]) => [name, bytes.toString()]);
    writeFileSync(this.archive, zip(change(files)));
  }
}
