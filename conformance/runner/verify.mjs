// Recomputes every digest, signature and result from the exported logs, and names whatever differs.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { read } from "./configuration.mjs";
import { differences, key } from "./expected.mjs";
import { built, day, fileName, logs } from "./results.mjs";
import { thumbprint } from "./signatures.mjs";

/**
 * What of the logs is otherwise than the results say; what the results say is judged in recorded.mjs.
 * @param all what `results/` holds
 * @param exports the folder with the archives, the suite's lists and its keys
 * @param modules the lists of `modules.json`
 * @returns {string[]} what is wrong, each in one sentence
 */
export function verify(all, exports, modules) {
  return all.flatMap((one) => {
    const faults = ofRun(one, join(exports, fileName(one)), modules[one.run] ?? []);
    return [...faults].map((fault) => `${one.run}: ${fault}`);
  });
}

function* ofRun(one, path, list) {
  if ([".zip", ".plan.json", ".key.json"].some((end) => !existsSync(path + end))) {
    yield "no exported archive with its plan and the suite's key";
    return;
  }
  const plan = read(`${path}.plan.json`), jwk = read(`${path}.key.json`);
  if (plan.planName !== one.plan || plan.id !== one.plan_id) yield "the exported plan is another";
  yield* differences(list, plan.modules.map(({ testModule, variant }) => key(testModule, variant)));
  if (thumbprint(jwk) !== one.suite?.key) yield "the key is not the one that the results name";
  const found = logs(readFileSync(`${path}.zip`));
  if (day(found) !== one.date) yield `the logs are of ${day(found) || "no day"}, the results of ${one.date}`;
  for (const row of one.modules) {
    const log = found.findIndex(({ id }) => id === row.id);
    const at = `${row.module} (${row.id})`;
    if (log < 0) yield `${at}: the log is missing`;
    else for (const difference of ofLog(one, row, found.splice(log, 1)[0], jwk)) yield `${at}: ${difference}`;
  }
  for (const { id, module } of found) yield `${module} (${id}): a log without a row`;
}

function* ofLog({ plan_id, variant, suite, portvakt }, row, log, jwk) {
  if (log.digest !== row.log_sha256) yield "the log was altered, or is of another run";
  if (!log.isSignedBy(jwk)) yield "the log is not signed by the suite's key";
  if (log.planId !== plan_id) yield `the log is of plan ${log.planId}`;
  if (log.version !== suite?.version) yield `the log is of suite ${log.version}`;
  if (!log.description?.endsWith(built(portvakt ?? {}))) yield "the log is of another build of Portvakt";
  if (log.module !== row.module) yield `the log is of ${log.module}`;
  // A log names all of a module's variant, a plan's list only what sets its modules apart.
  const wanted = { ...variant, ...row.variant };
  const other = Object.entries(wanted).filter(([name, value]) => log.variant?.[name] !== value);
  if (other.length) yield `the log is of another variant than ${key("", Object.fromEntries(other))}`;
  if (log.result !== row.result) yield `the log says ${log.result}, the row ${row.result}`;
  if (log.failures.length && row.result !== "FAILED") {
    yield `the row says ${row.result}, the log fails in ${log.failures.join(", ")}`;
  }
  yield* sameList("warns of", log.warnings, row.warnings);
  yield* sameList("has the pictures", log.pictures, row.pictures);
}

function* sameList(what, logged, told = []) {
  const [one, other] = [logged, told].map((list) => list.join(", ") || "nothing");
  if (one !== other) yield `the log ${what} ${one}, the row ${other}`;
}
