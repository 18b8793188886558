// Runs plans at a suite, one after another, and says what came of each module.

import { judge } from "./expected.mjs";
import { TURNS_KEYS, runModule } from "./module.mjs";
import { keep } from "./results.mjs";

/** @returns {Promise<string[]>} what is wrong */
export async function runPlan(suite, run, configuration, { help, folders, expected, say, patience }) {
  const made = await suite.createPlan(run.plan, run.variant, configuration);
  // An alias stands in the redirect URIs, so that only one module at a time can have it.
  const width = configuration.alias ? 1 : (run.at_a_time ?? 3);
  const rows = await inTurn(made.modules, width, async (entry) => {
    const began = Date.now();
    const row = await runModule(suite, made.id, entry, help, patience);
    const seconds = ((Date.now() - began) / 1000).toFixed(1);
    const why = [...row.failures, ...row.warnings].join(", ");
    say(`${run.name}: ${row.module} ${row.result} ${seconds} s ${row.id}${why && ` (${why})`}`);
    return row;
  });
  const archive = await suite.exportPlan(made.id);
  const list = { id: made.id, planName: run.plan, variant: run.variant, modules: made.modules };
  const { modules } = keep(folders, run, { suite: await suite.version(), plan: list, rows, archive });
  const without = modules.filter(({ log_sha256 }) => !log_sha256);
  const faults = without.map(({ module, id }) => `${run.name}: ${module} (${id}): the export lacks its log`);
  return [...faults, ...judge(run.name, made.modules, rows, expected)];
}

/**
 * Does the work for each, `width` at a time, and keeps the order. The module that has the keys turned comes last and alone:
 * any other would meet a token whose key it hasn't fetched.
 */
async function inTurn(entries, width, work) {
  const done = new Array(entries.length);
  const turns = ([, { testModule }]) => testModule === TURNS_KEYS;
  const all = [...entries.entries()];
  const pool = async (some, size) => {
    const left = some.values();
    const worker = async () => {
      for (const [at, entry] of left) done[at] = await work(entry);
    };
    await Promise.all(Array.from({ length: Math.min(size, some.length) }, worker));
  };
  await pool(all.filter((one) => !turns(one)), width);
  await pool(all.filter(turns), 1);
  return done;
}
