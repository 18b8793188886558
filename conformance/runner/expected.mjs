// What is accepted, each with its reason, and what never is.

/** What an entry may excuse. FAILED, INTERRUPTED and NOT RUN are not among them, whatever a file says. */
const EXCUSABLE = ["WARNING", "REVIEW", "SKIPPED"];

/** The faults of the file itself. */
export function check(expected, runs) {
  const faults = [];
  for (const { module, result, reason, runs: named } of expected) {
    const at = `expected.json: ${module}`;
    if (!EXCUSABLE.includes(result)) faults.push(`${at}: ${result} can't be excused`);
    if (!reason?.trim()) faults.push(`${at}: no reason`);
    if (!Array.isArray(named) || !named.length) faults.push(`${at}: no runs`);
    for (const name of named ?? []) {
      if (!runs.some((run) => run.name === name)) faults.push(`${at}: no run is called ${name}`);
    }
  }
  return faults;
}

/**
 * What is wrong with the rows of one run, given the suite's own list of its modules.
 * @param list the suite's modules: [{testModule, variant}]
 * @param rows what was run: [{module, variant, result, warnings}]
 */
export function judge(name, list, rows, expected) {
  const faults = compare(name, list, rows);
  const entries = expected.filter(({ runs }) => runs.includes(name));
  const used = new Set();
  for (const row of rows) {
    const entry = entries.find((one) => covers(one, row));
    if (entry) used.add(entry);
    const fault = ofRow(row, entry);
    if (fault) faults.push(`${name}: ${title(row)}: ${fault}`);
  }
  for (const entry of entries.filter((one) => !used.has(one))) {
    faults.push(`${name}: ${title(entry)}: expected ${entry.result}, but the plan has no such module`);
  }
  return faults;
}

const covers = (entry, row) =>
  entry.module === row.module && Object.entries(entry.variant ?? {}).every(([key, value]) => row.variant[key] === value);

function ofRow({ result, warnings = [] }, entry) {
  const wanted = entry?.result ?? "PASSED";
  if (result !== wanted || !(result === "PASSED" || EXCUSABLE.includes(result))) {
    if (!entry) return result;
    return `${result}, expected ${wanted}: the entry no longer happens`;
  }
  const accepted = [...(entry?.warnings ?? [])].sort();
  if (warnings.join() === accepted.join()) return undefined;
  return `warned of ${warnings.join(", ") || "nothing"}, accepted was ${accepted.join(", ") || "nothing"}`;
}

/** Rows that the suite's list lacks, and modules of the list that have no row. */
function compare(name, list, rows) {
  const left = list.map(({ testModule, variant }) => key(testModule, variant));
  const faults = [];
  for (const row of rows) {
    const at = left.indexOf(key(row.module, row.variant));
    if (at < 0) faults.push(`${name}: ${title(row)}: not a module of the suite's for this variant`);
    else left.splice(at, 1);
  }
  return [...faults, ...left.map((module) => `${name}: ${module}: not run`)];
}

/** A module with its variant, the same whatever the order of its members. */
export function key(module, variant) {
  const pairs = Object.entries(variant ?? {}).sort(([one], [two]) => (one < two ? -1 : 1));
  return module + pairs.map(([name, value]) => `[${name}=${value}]`).join("");
}

const title = ({ module, variant }) => key(module, variant);
