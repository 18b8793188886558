// Runs plans at a suite, one after another, and says what came of each module.

import { differences, key, reviewedPage } from "./expected.mjs";
import { TURNS_KEYS, runModule } from "./module.mjs";
import { faultsOf } from "./recorded.mjs";
import { built, keep, record } from "./results.mjs";
import { verify } from "./verify.mjs";

/** Runs some plans; what one of them meets does not keep the next from running. */
export async function runPlans(suite, wanted, told, world) {
  const faults = [];
  for (const run of wanted) {
    try {
      faults.push(...(await runPlan(suite, run, told(run), world)));
    } catch (error) {
      faults.push(`${run.name}: ${error.message}`);
    }
  }
  return faults;
}

/**
 * Runs a plan into the folder of trials and judges what was written there. Without a fault it is recorded; else what was
 * recorded before stays as it is.
 * @returns {Promise<string[]>} what is wrong
 */
export async function runPlan(suite, run, told, { help, portvakt, folders, book, say, patience }) {
  // The description stands in each log, so that the suite signs which build it met.
  const configuration = { ...told, description: `${told.description ?? run.plan}; ${built(portvakt)}` };
  const made = await suite.createPlan(run.plan, run.variant, configuration);
  const list = made.modules.map(({ testModule, variant }) => key(testModule, variant));
  const strange = differences(book.modules[run.name] ?? [], list).map((one) => `${run.name}: the suite's list: ${one}`);
  // An alias stands in the redirect URIs, so that only one module at a time can have it.
  const width = configuration.alias ? 1 : (run.at_a_time ?? 3);
  const rows = await inTurn(made.modules, width, async (entry) => {
    const began = Date.now();
    const row = await runModule(suite, made.id, entry, help, { page: reviewedPage(run.name, entry, book.expected), patience });
    const seconds = ((Date.now() - began) / 1000).toFixed(1);
    const why = [row.trouble, ...row.failures, ...row.warnings].filter(Boolean).join(", ");
    say(`${run.name}: ${row.module} ${row.result} ${seconds} s ${row.id}${why && ` (${why})`}`);
    return row;
  });
  const plan = { id: made.id, planName: run.plan, variant: run.variant, modules: made.modules };
  const facts = { suite: await suite.version(), keys: await suite.keys(), portvakt, plan, rows };
  const whole = keep(folders.trials, run, { ...facts, archive: await suite.exportPlan(made.id) });
  const troubles = rows.filter(({ trouble }) => trouble).map(({ module, trouble }) => `${run.name}: ${module}: ${trouble}`);
  const faults = [...strange, ...troubles, ...faultsOf([whole], book), ...verify([whole], folders.trials, book.modules)];
  if (!faults.length) record(folders.trials, run, folders);
  else say(`${run.name}: not recorded; what came stays in ${folders.trials}`);
  return faults;
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
