// Which build of Portvakt runs: the commit of the tree that it was started from, and the digest of its program.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/**
 * @param tree the checkout
 * @returns {{commit: string | null, program_sha256: string}} no commit where a tracked file differs from it: results of such a
 *   build are never recorded
 */
export function build(tree, program) {
  return { commit: commit(tree), program_sha256: createHash("sha256").update(readFileSync(program)).digest("hex") };
}

function commit(tree) {
  const git = (...args) => execFileSync("git", args, { cwd: tree, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
  return git("status", "--porcelain", "--untracked-files=no") ? null : git("rev-parse", "HEAD");
}
