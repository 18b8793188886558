// What is accepted, each with its reason, and what never is.

/** What an entry may excuse. FAILED, INTERRUPTED and NOT RUN are not among them, whatever a file says. */
const EXCUSABLE = ["WARNING", "REVIEW", "SKIPPED"];

/** The faults of the file itself. */
export function check(expected, runs) {
  const faults = [];
  for (const { module, result, reason, page, runs: named } of expected) {
    const at = `expected.json: ${module}`;
    if (!EXCUSABLE.includes(result)) faults.push(`${at}: ${result} can't be excused`);
    if (!reason?.trim()) faults.push(`${at}: no reason`);
    if ((result === "REVIEW") !== described(page)) faults.push(`${at}: a page belongs to a REVIEW, with path, status and shows`);
    if (!Array.isArray(named) || !named.length) faults.push(`${at}: no runs`);
    for (const name of named ?? []) {
      if (!runs.some((run) => run.name === name)) faults.push(`${at}: no run is called ${name}`);
    }
  }
  return faults;
}

const described = (page) =>
  Boolean(page?.path?.startsWith("/") && Number.isInteger(page.status) && Object.keys(page.shows ?? {}).length);

/** The page that a reviewer gets a picture of in this module, as expected.json describes it; else nothing. */
export function reviewedPage(name, { testModule, variant }, expected) {
  const row = { module: testModule, variant: variant ?? {} };
  return expected.find((one) => one.runs.includes(name) && one.result === "REVIEW" && covers(one, row))?.page;
}

/**
 * What is wrong with the rows of one run, given the list of its modules in `modules.json`.
 * @param list the modules' keys, as `key` writes them
 * @param rows what was run: [{module, variant, result, warnings, pictures}]
 */
export function judge(name, list, rows, expected) {
  const faults = differences(list, rows.map((row) => title(row))).map((difference) => `${name}: ${difference}`);
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

function ofRow({ result, warnings = [], pictures = [] }, entry) {
  const wanted = entry?.result ?? "PASSED";
  if (result !== wanted || !(result === "PASSED" || EXCUSABLE.includes(result))) {
    if (!entry) return result;
    return `${result}, expected ${wanted}: the entry no longer happens`;
  }
  if ((result === "REVIEW") !== pictures.length > 0) return `${result} with ${pictures.length} pictures`;
  const accepted = [...(entry?.warnings ?? [])].sort();
  if (warnings.join() === accepted.join()) return undefined;
  return `warned of ${warnings.join(", ") || "nothing"}, accepted was ${accepted.join(", ") || "nothing"}`;
}

/** What of the keys `found` the list lacks, and what of the list is not found. */
export function differences(list, found) {
  const left = [...list];
  const strange = [];
  for (const one of found) {
    const at = left.indexOf(one);
    if (at < 0) strange.push(`${one}: not a module that modules.json has for this run`);
    else left.splice(at, 1);
  }
  return [...strange, ...left.map((one) => `${one}: not run`)];
}

/** A module with its variant, the same whatever the order of its members. */
export function key(module, variant) {
  const pairs = Object.entries(variant ?? {}).sort(([one], [two]) => (one < two ? -1 : 1));
  return module + pairs.map(([name, value]) => `[${name}=${value}]`).join("");
}

const title = ({ module, variant }) => key(module, variant);
