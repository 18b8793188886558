// The pictures of a run, for a person to look at: sheets beside the exported logs, and the record that somebody did.

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { read } from "./configuration.mjs";
import { fileName, pictures } from "./results.mjs";

const FOLDER = "pictures", INDEX = "sheets.json";
/** How many pictures a sheet has: all can be read on one screen. */
const A_SHEET = 12;

/** The pictures of all results, by module: [{run, id, png, sha256}]. */
export function byModule(all, exports) {
  const found = new Map();
  for (const one of all) {
    for (const { module, ...picture } of pictures(readFileSync(join(exports, `${fileName(one)}.zip`)))) {
      found.set(module, [...(found.get(module) ?? []), { run: one.run, ...picture }]);
    }
  }
  return new Map([...found].sort(([one], [two]) => (one < two ? -1 : 1)));
}

/**
 * Writes the sheets and says where they are, each with what must be seen on it.
 * @param draw makes a picture of a page's HTML
 */
export async function writeSheets(all, exports, expected, draw, say) {
  const folder = join(exports, FOLDER);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const index = {};
  for (const [module, some] of byModule(all, exports)) {
    const reason = expected.find((one) => one.module === module && one.result === "REVIEW")?.reason ?? "nothing is expected";
    for (let at = 0; at < some.length; at += A_SHEET) {
      const path = join(folder, `${module}-${1 + at / A_SHEET}.png`);
      writeFileSync(path, await draw(sheet(`${module}: ${reason}`, some.slice(at, at + A_SHEET))));
      say(`${path}: ${reason}`);
    }
    index[module] = [...new Set(some.map(({ sha256 }) => sha256))].sort();
  }
  writeFileSync(join(folder, INDEX), `${JSON.stringify(index, undefined, 2)}\n`);
}

function sheet(title, some) {
  const text = (one) => one.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  const figures = some.map(({ run, id, png, sha256 }) => {
    const image = `<img style="width:100%;border:1px solid" src="data:image/png;base64,${png.toString("base64")}">`;
    const caption = `<figcaption>${text(`${run} ${id} ${sha256.slice(0, 16)}`)}</figcaption>`;
    return `<figure style="width:23%;margin:.5%">${image}${caption}</figure>`;
  });
  const flow = `<div style="display:flex;flex-wrap:wrap;align-items:start">${figures.join("")}</div>`;
  return `<!doctype html><body style="font:14px sans-serif"><h1 style="font-size:18px">${text(title)}</h1>${flow}`;
}

/** Writes down that somebody has looked at every sheet that was last written, and found each as it should be. */
export function writeReviewed(path, exports, who, date) {
  if (!who?.trim()) throw new Error("who looked at the pictures?");
  const index = join(exports, FOLDER, INDEX);
  if (!existsSync(index)) throw new Error(`${join(exports, FOLDER)} has no sheets: write and look at them first`);
  writeFileSync(path, `${JSON.stringify({ who, date, pictures: read(index) }, undefined, 2)}\n`);
}
