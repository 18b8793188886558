// What the suite is told: the parts that all plans share, one plan's own, and the secrets of this run filled in.

import { readFileSync } from "node:fs";
import { join } from "node:path";

export const read = (...path) => JSON.parse(readFileSync(join(...path), "utf8"));

/** All runs of `plans.json`, or those named. */
export function runs(folder, names = []) {
  const all = read(folder, "plans.json");
  const unknown = names.filter((name) => !all.some((run) => run.name === name));
  if (unknown.length) throw new Error(`conformance/plans.json has no ${unknown.join(", ")}`);
  return names.length ? all.filter(({ name }) => names.includes(name)) : all;
}

/** What the repository says of all runs: which they are, the suite's lists of their modules, what is accepted, who looked. */
export function book(folder) {
  const [expected, modules] = [read(folder, "expected.json"), read(folder, "modules.json")];
  return { runs: runs(folder), expected, modules, reviewed: read(folder, "reviewed.json") };
}

/** A run's whole configuration. */
export function configuration(folder, run, secrets) {
  const whole = merge(read(folder, "shared.json"), read(folder, run.configuration));
  return fill(whole, secrets);
}

/** The second's members stand above the first's; objects are merged, everything else is replaced. */
export function merge(under, over) {
  if (!plain(under) || !plain(over)) return over;
  const all = { ...under };
  for (const [name, value] of Object.entries(over)) all[name] = name in under ? merge(under[name], value) : value;
  return all;
}

const plain = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** Replaces each text that is a name in braces; a name that nobody knows is an error, never sent as it stands. */
export function fill(value, secrets) {
  if (Array.isArray(value)) return value.map((one) => fill(one, secrets));
  if (plain(value)) return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, fill(one, secrets)]));
  const name = typeof value === "string" && value.match(/^\{([a-z0-9_]+)\}$/)?.[1];
  if (!name) return value;
  if (!(name in secrets)) throw new Error(`nothing is known of {${name}}: is \`make conformance-server\` running?`);
  return secrets[name];
}
