// The runner's commands. SUITE's address, plans' names and folders come from `.ci/conformance`.
//   main.mjs run SUITE [PLAN…]   runs plans and compares with what is expected
//   main.mjs verify FOLDER       recomputes all results from the exported logs
//   main.mjs server              starts Portvakt as the suite wants it

import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { configuration, read, runs } from "./configuration.mjs";
import { check } from "./expected.mjs";
import { kept, writeTable } from "./results.mjs";

const conformance = join(dirname(fileURLToPath(import.meta.url)), "..");
const page = join(conformance, "../docs/conformance.md");
const results = join(conformance, "results");
const say = (line) => process.stdout.write(`${line}\n`);

const commands = {
  async run([address, ...names]) {
    const state = read(process.env.STATE, "state.json");
    if (!state.secrets) throw new Error(`no server of \`make conformance-server\` is up in ${process.env.STATE}`);
    const [wanted, expected] = [runs(conformance, names), read(conformance, "expected.json")];
    const faults = check(expected, runs(conformance));
    const { help, close } = await (await import("./help.mjs")).open(state, address);
    const { Suite } = await import("./suite.mjs");
    const { runPlan } = await import("./run.mjs");
    const world = { help, folders: { results, exports: process.env.EXPORTS }, expected, say };
    try {
      for (const run of wanted) {
        const told = configuration(conformance, run, state.secrets);
        faults.push(...(await runPlan(new Suite(address), run, told, world)));
      }
    } finally {
      await close();
    }
    writeTable(page, kept(results, runs(conformance)));
    return faults;
  },
  async verify([exports]) {
    const { verify } = await import("./verify.mjs");
    const all = kept(results, runs(conformance));
    if (!all.length) return ["conformance/results holds nothing to verify"];
    const faults = verify(all, exports, runs(conformance), read(conformance, "expected.json"));
    const modules = all.reduce((sum, one) => sum + one.modules.length, 0);
    if (!faults.length) say(`${all.length} plans, ${modules} modules: every digest and result is as recorded`);
    return faults;
  },
  async server() {
    const { serve } = await import("./server.mjs");
    await serve(conformance, process.env.STATE, say);
    return [];
  },
};

const [command, ...given] = process.argv.slice(2);
if (!commands[command]) throw new Error("main.mjs run SUITE [PLAN…] | verify FOLDER | server");
const faults = await commands[command](given);
for (const fault of faults) say(`WRONG ${fault}`);
process.exitCode = faults.length ? 1 : 0;
