// What is kept of a run: one file a plan and variant in `results/`, the signed logs outside the repository, the table.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { read } from "./configuration.mjs";
import { key } from "./expected.mjs";
import { sources, verdict } from "./log.mjs";
import { unzip } from "./zip.mjs";

const BEGIN = "<!-- results: written by make conformance -->", END = "<!-- /results -->";

/** A run's name among files: the plan and its variant. */
export const fileName = ({ plan, variant }) => key(plan, variant).replaceAll(" ", "_");

/** The logs of an exported archive, by module id: each with its digest and what it says of itself. */
export function logs(archive) {
  const found = new Map();
  for (const [name, bytes] of unzip(archive)) {
    if (!/^test-log-.*\.json$/.test(name)) continue;
    const { testInfo, results } = JSON.parse(bytes.toString());
    const { testId, testName, variant, status, result } = testInfo;
    const worst = results.filter((entry) => entry.result === "FAILURE");
    found.set(testId, {
      ...{ module: testName, variant, result: verdict(status, result), failures: worst.length },
      warnings: sources(results, "WARNING"),
      digest: createHash("sha256").update(bytes).digest("hex"),
    });
  }
  return found;
}

/** Writes a run's archive and the suite's list outside, and its results inside; answers with what it wrote. */
export function keep({ results, exports }, run, { suite, plan, rows, archive }) {
  const name = fileName(run);
  mkdirSync(exports, { recursive: true });
  writeFileSync(join(exports, `${name}.zip`), archive);
  writeFileSync(join(exports, `${name}.plan.json`), `${JSON.stringify(plan, undefined, 2)}\n`);
  const digests = logs(archive);
  const modules = rows.map(({ module, variant, id, result, warnings }) => ({
    ...{ module, variant, id, result, ...(warnings.length && { warnings }) },
    log_sha256: digests.get(id)?.digest ?? "",
  }));
  const whole = {
    ...{ run: run.name, plan: run.plan, variant: run.variant, plan_id: plan.id },
    ...{ suite, date: new Date().toISOString().slice(0, 10), modules },
  };
  mkdirSync(results, { recursive: true });
  writeFileSync(join(results, `${name}.json`), `${JSON.stringify(whole, undefined, 2)}\n`);
  return whole;
}

/** All that was kept, in the order of `plans.json`. */
export function kept(results, runs) {
  const files = existsSync(results) ? readdirSync(results).filter((name) => name.endsWith(".json")) : [];
  const all = files.map((name) => ({ file: name, ...read(results, name) }));
  const place = ({ run }) => runs.findIndex(({ name }) => name === run);
  return all.sort((one, two) => place(one) - place(two));
}

/** Puts the table of all results into the page, between its two marks. */
export function writeTable(page, all) {
  const text = readFileSync(page, "utf8");
  const [from, to] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`${page} lacks the marks ${BEGIN} and ${END}`);
  writeFileSync(page, `${text.slice(0, from + BEGIN.length)}\n${table(all)}${text.slice(to)}`);
}

export function table(all) {
  const columns = ["PASSED", "WARNING", "REVIEW", "SKIPPED", "FAILED", "INTERRUPTED", "NOT RUN"];
  const head = ["plan", "variant", "modules", ...columns.map((name) => name.toLowerCase()), "suite", "date"];
  const lines = all.map(({ file, run, variant, modules, suite, date }) => {
    const count = (result) => modules.filter((one) => one.result === result).length || "";
    const values = Object.entries(variant).map(([name, value]) => `${name}=${value}`);
    const link = `[${run}](${encodeURI(`../conformance/results/${file}`)})`;
    const suiteText = `${suite.version} (${suite.revision})`;
    return [link, values.join(", "), modules.length, ...columns.map(count), suiteText, date];
  });
  return [head, head.map(() => "---"), ...lines].map((cells) => `| ${cells.join(" | ")} |\n`).join("");
}
