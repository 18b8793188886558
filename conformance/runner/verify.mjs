// Recomputes every digest and result from the exported logs, and names whatever differs.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { check, judge, key } from "./expected.mjs";
import { fileName, logs } from "./results.mjs";

/**
 * @param all what `results/` holds
 * @param exports the folder with the archives and the suite's lists
 * @returns {string[]} what is wrong, each in one sentence
 */
export function verify(all, exports, runs, expected) {
  const faults = check(expected, runs);
  for (const one of all) {
    const name = fileName(one);
    const archive = join(exports, `${name}.zip`), list = join(exports, `${name}.plan.json`);
    if (one.file !== `${name}.json`) faults.push(`${one.file}: holds ${name}`);
    if (!existsSync(archive) || !existsSync(list)) {
      faults.push(`${name}: no exported archive with its plan`);
      continue;
    }
    const plan = JSON.parse(readFileSync(list, "utf8"));
    if (plan.planName !== one.plan || plan.id !== one.plan_id) faults.push(`${name}: the exported plan is another`);
    faults.push(...compare(name, one.modules, logs(readFileSync(archive))));
    faults.push(...judge(one.run, plan.modules, one.modules, expected));
  }
  return faults;
}

function compare(name, rows, logs) {
  const faults = [];
  for (const row of rows) {
    const log = logs.get(row.id);
    const at = `${name}: ${row.module} (${row.id})`;
    logs.delete(row.id);
    if (!log) faults.push(`${at}: the log is missing`);
    else faults.push(...differences(row, log).map((difference) => `${at}: ${difference}`));
  }
  for (const [id, { module }] of logs) faults.push(`${name}: ${module} (${id}): a log without a row`);
  return faults;
}

function* differences(row, log) {
  if (log.digest !== row.log_sha256) yield "the log was altered, or is of another run";
  if (log.module !== row.module) yield `the log is of ${log.module}`;
  // A log names all of a module's variant, a plan's list only what sets its modules apart.
  const other = Object.entries(row.variant).filter(([name, value]) => log.variant?.[name] !== value);
  if (other.length) yield `the log is of another variant than ${key("", row.variant)}`;
  if (log.result !== row.result) yield `the log says ${log.result}, the row ${row.result}`;
  if (log.failures && row.result !== "FAILED") yield `the log has failures, the row says ${row.result}`;
  const [logged, told] = [log.warnings.join(), (row.warnings ?? []).join()];
  if (logged !== told) yield `the log warns of ${logged || "nothing"}, the row of ${told || "nothing"}`;
}
