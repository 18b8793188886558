// What is kept of a run: one file a plan and variant in `results/`, the signed logs outside the repository, the table.

import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { read } from "./configuration.mjs";
import { key } from "./expected.mjs";
import { sources, verdict } from "./log.mjs";
import { isSigned, thumbprint } from "./signatures.mjs";
import { unzip } from "./zip.mjs";

const BEGIN = "<!-- results: written by make conformance -->", END = "<!-- /results -->";
/** What belongs to a run outside the repository: the archive, the suite's list of its modules, the suite's key. */
const OUTSIDE = [".zip", ".plan.json", ".key.json"];

/** A run's name among files: the plan and its variant. */
export const fileName = ({ plan, variant }) => key(plan, variant).replaceAll(" ", "_");

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

/** The logs of an exported archive: each with its digest, its signature, and what it says of itself. */
export function logs(archive) {
  const files = unzip(archive);
  const names = [...files.keys()].filter((name) => /^test-log-.*\.json$/.test(name));
  return names.map((name) => {
    const bytes = files.get(name);
    const { testInfo, results } = JSON.parse(bytes.toString());
    const { testId, testName, variant, status, result, planId, version, started, description } = testInfo;
    return {
      ...{ id: testId, module: testName, variant, planId, version, started, description },
      ...{ result: verdict(status, result), failures: sources(results, "FAILURE"), warnings: sources(results, "WARNING") },
      pictures: shown(results).map(sha256).sort(),
      digest: sha256(bytes),
      isSignedBy: (jwk) => isSigned(bytes, files.get(name.replace(/\.json$/, ".sig")), jwk),
    };
  });
}

const shown = (results) => results.filter(({ img }) => img).map(({ img }) => Buffer.from(img.split(",")[1] ?? "", "base64"));

/** The pictures of an exported archive: the module, its id, the picture and its digest. */
export function pictures(archive) {
  const found = [...unzip(archive)].filter(([name]) => /^test-log-.*\.json$/.test(name));
  return found.flatMap(([, bytes]) => {
    const { testInfo, results } = JSON.parse(bytes.toString());
    const { testName: module, testId: id } = testInfo;
    return shown(results).map((png) => ({ module, id, png, sha256: sha256(png) }));
  });
}

/** The day of a run: of its first module's start, in UTC. */
export const day = (logs) => logs.map(({ started }) => started).sort()[0]?.slice(0, 10) ?? "";

/**
 * What the built program says of itself in each module's description, which the suite signs with the log.
 * @param portvakt {commit, program_sha256}
 */
export const built = ({ commit, program_sha256 }) => `commit ${commit}, program ${program_sha256}`;

/** Writes all of a run into one folder outside the repository; answers with what it wrote. */
export function keep(folder, run, { suite, keys, portvakt, plan, rows, archive }) {
  const found = logs(archive);
  // Beside its key, a suite may publish the one that it had before.
  const signer = keys.find((one) => found.length && found.every((log) => log.isSignedBy(one))) ?? keys[0] ?? {};
  const digests = new Map(found.map(({ id, digest }) => [id, digest]));
  const modules = rows.map(({ module, variant, id, result, warnings, pictures }) => ({
    ...{ module, variant, id, result, ...(warnings.length && { warnings }), ...(pictures.length && { pictures }) },
    log_sha256: digests.get(id) ?? "",
  }));
  const whole = {
    ...{ run: run.name, plan: run.plan, variant: run.variant, plan_id: plan.id, portvakt },
    ...{ suite: { ...suite, key: thumbprint(signer) }, date: day(found), modules },
  };
  const name = fileName(run);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.zip`), archive);
  for (const [end, content] of [[".plan.json", plan], [".key.json", signer], [".json", whole]]) {
    writeFileSync(join(folder, `${name}${end}`), `${JSON.stringify(content, undefined, 2)}\n`);
  }
  return { file: `${name}.json`, ...whole };
}

/** Puts a run that was judged in the place of the one before: its results inside, all else outside the repository. */
export function record(folder, run, { results, exports }) {
  const name = fileName(run);
  mkdirSync(results, { recursive: true });
  for (const end of OUTSIDE) copyFileSync(join(folder, `${name}${end}`), join(exports, `${name}${end}`));
  copyFileSync(join(folder, `${name}.json`), join(results, `${name}.json`));
}

/** All that was recorded, in the order of `plans.json`. */
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
  const names = columns.map((name) => name.toLowerCase());
  const head = ["plan", "variant", "modules", ...names, "Portvakt", "suite", "date"];
  const lines = all.map(({ file, run, variant, modules, portvakt, suite, date }) => {
    const count = (result) => modules.filter((one) => one.result === result).length || "";
    const values = Object.entries(variant).map(([name, value]) => `${name}=${value}`);
    const link = `[${run}](${encodeURI(`../conformance/results/${file}`)})`;
    const suiteText = `${suite.version} (${suite.revision})`;
    const commit = portvakt?.commit?.slice(0, 10) ?? "";
    return [link, values.join(", "), modules.length, ...columns.map(count), commit, suiteText, date];
  });
  return [head, head.map(() => "---"), ...lines].map((cells) => `| ${cells.join(" | ")} |\n`).join("");
}
