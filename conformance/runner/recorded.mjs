// What results must be by themselves, without the logs: one for each run, of one build, with nothing that isn't excused.

import { check, judge } from "./expected.mjs";
import { fileName } from "./results.mjs";

const COMMIT = /^[0-9a-f]{40}$/, SHA256 = /^[0-9a-f]{64}$/, THUMBPRINT = /^[A-Za-z0-9_-]{43}$/;

/** The results that belong to no run of `plans.json`. */
export function strays(all, runs) {
  const belongs = (one) => {
    const run = runs.find(({ name }) => name === one.run);
    return run && fileName(run) === fileName(one) && one.file === `${fileName(run)}.json`;
  };
  return all.filter((one) => !belongs(one)).map(({ file, run }) => `${file}: plans.json has no run ${run} that is kept there`);
}

/**
 * The faults of some results, of which others may lack.
 * @param all what `kept` or `keep` answered with
 * @param book what the repository says: {runs, expected, modules}
 */
export function faultsOf(all, { runs, expected, modules }) {
  const faults = strays(all, runs);
  for (const one of all) {
    faults.push(...[...shape(one)].map((fault) => `${one.run}: ${fault}`));
    faults.push(...judge(one.run, modules[one.run] ?? [], one.modules, expected));
  }
  return faults;
}

function* shape({ portvakt, suite, modules }) {
  if (!COMMIT.test(portvakt?.commit)) yield "no commit of Portvakt's: its server was started from a tree with changes";
  if (!SHA256.test(portvakt?.program_sha256)) yield "no digest of the program that ran";
  if (!THUMBPRINT.test(suite?.key)) yield "no key of the suite's";
  for (const { module, id, log_sha256 } of modules) if (!SHA256.test(log_sha256)) yield `${module} (${id}): no log`;
}

/**
 * The faults of the whole: each run's result once, all of one build and one suite, each picture looked at.
 * @param book as above, and `reviewed`: {who, date, pictures: {module: [digest]}}
 */
export function faultsOfAll(all, book) {
  const faults = [...check(book.expected, book.runs), ...faultsOf(all, book)];
  for (const { name } of book.runs) {
    const times = all.filter(({ run }) => run === name).length;
    if (times !== 1) faults.push(`${name}: ${times} results, not one`);
  }
  const same = (what, of) => {
    const found = [...new Set(all.map(of))];
    if (found.length > 1) faults.push(`the results are of different ${what}: ${found.join(", ")}`);
  };
  same("commits", ({ portvakt }) => portvakt?.commit);
  same("programs", ({ portvakt }) => portvakt?.program_sha256);
  same("suites", ({ suite }) => `${suite?.version} (${suite?.revision})`);
  return [...faults, ...unseen(all, book.reviewed)];
}

/** The pictures that nobody says to have looked at. */
function unseen(all, { who, date, pictures = {} }) {
  const faults = who?.trim() && /^\d{4}-\d\d-\d\d$/.test(date) ? [] : ["reviewed.json: who looked, and when?"];
  for (const { run, modules } of all) {
    for (const { module, id, pictures: its = [] } of modules) {
      const strange = its.filter((digest) => !pictures[module]?.includes(digest));
      if (strange.length) faults.push(`${run}: ${module} (${id}): nobody has looked at its picture`);
    }
  }
  return faults;
}
