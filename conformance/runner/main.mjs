// The runner's commands. SUITE's address, plans' names and folders come from `.ci/conformance`.
//   main.mjs run SUITE [RUN…]       runs plans, judges them and records those without a fault
//   main.mjs verify FOLDER          recomputes all results from the exported logs
//   main.mjs pictures FOLDER        writes the exported logs' pictures onto sheets, for a person to look at
//   main.mjs reviewed FOLDER WHO    records that somebody has looked at them
//   main.mjs modules FOLDER [RUN…]  takes over the suite's lists of modules of the exported runs; look at what changed
//   main.mjs server                 starts Portvakt as the suite wants it

import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { book, configuration, read, runs } from "./configuration.mjs";
import { check, key } from "./expected.mjs";
import { faultsOfAll, strays } from "./recorded.mjs";
import { fileName, kept, writeTable } from "./results.mjs";
import { told } from "./state.mjs";

const conformance = join(dirname(fileURLToPath(import.meta.url)), "..");
const page = join(conformance, "../docs/conformance.md");
const results = join(conformance, "results");
const say = (line) => process.stdout.write(`${line}\n`);
const all = () => kept(results, runs(conformance));

const commands = {
  async run([address, ...names]) {
    const [wanted, state, exports] = [runs(conformance, names), await told(process.env.STATE), process.env.EXPORTS];
    const whole = book(conformance);
    const { help, close } = await (await import("./help.mjs")).open(state, address);
    const { Suite } = await import("./suite.mjs");
    const { runPlans } = await import("./run.mjs");
    const folders = { results, exports, trials: join(exports, "trials") };
    const world = { help, portvakt: state.portvakt, folders, book: whole, say };
    const faults = check(whole.expected, whole.runs);
    try {
      const secrets = (run) => configuration(conformance, run, state.secrets);
      faults.push(...(await runPlans(new Suite(address), wanted, secrets, world)));
    } finally {
      writeTable(page, all());
      await close();
    }
    return [...faults, ...strays(all(), whole.runs)];
  },
  async verify([exports]) {
    const { verify } = await import("./verify.mjs");
    const [found, whole] = [all(), book(conformance)];
    const faults = [...faultsOfAll(found, whole), ...verify(found, exports, whole.modules)];
    const modules = found.reduce((sum, one) => sum + one.modules.length, 0);
    if (!faults.length) say(`${found.length} plans, ${modules} modules: every digest, signature and result is as recorded`);
    return faults;
  },
  async pictures([exports]) {
    const { writeSheets } = await import("./review.mjs");
    const { drawing } = await import("./help.mjs");
    const { draw, close } = await drawing();
    try {
      await writeSheets(all(), exports, read(conformance, "expected.json"), draw, say);
    } finally {
      await close();
    }
    return [];
  },
  async reviewed([exports, who]) {
    const { writeReviewed } = await import("./review.mjs");
    writeReviewed(join(conformance, "reviewed.json"), exports, who, new Date().toISOString().slice(0, 10));
    return [];
  },
  async modules([exports, ...names]) {
    const lists = { ...read(conformance, "modules.json") };
    for (const run of runs(conformance, names)) {
      const { modules } = read(exports, `${fileName(run)}.plan.json`);
      lists[run.name] = modules.map(({ testModule, variant }) => key(testModule, variant));
    }
    writeFileSync(join(conformance, "modules.json"), `${JSON.stringify(lists, undefined, 2)}\n`);
    return [];
  },
  async server() {
    const { serve } = await import("./server.mjs");
    await serve(conformance, process.env.STATE, say);
    return [];
  },
};

const [command, ...given] = process.argv.slice(2);
if (!commands[command]) throw new Error("main.mjs run SUITE [RUN…] | verify, pictures, reviewed or modules FOLDER | server");
const faults = await commands[command](given);
for (const fault of faults) say(`WRONG ${fault}`);
process.exitCode = faults.length ? 1 : 0;
