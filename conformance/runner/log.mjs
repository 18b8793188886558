// What a module's log and its stored state amount to.

/** One word; only five of them come from a module that ended. */
export function verdict(status, result) {
  if (status !== "FINISHED") return status === "INTERRUPTED" ? "INTERRUPTED" : "NOT RUN";
  return ["PASSED", "WARNING", "REVIEW", "SKIPPED", "FAILED"].includes(result) ? result : "NOT RUN";
}

/** The names of the conditions that a log has with this outcome, in order, each once. */
export const sources = (log, outcome) =>
  [...new Set(log.filter(({ result }) => result === outcome).map(({ src }) => src))].sort();
