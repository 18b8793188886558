// A deployment of its own for each test file: fresh folder, SQLite, the real program over https, a mailbox beside it.

import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { makeCertificates } from "./certificates.mjs";
import { send } from "./http.mjs";
import { openMailbox } from "./mailbox.mjs";
import { Person } from "./person.mjs";
import { cleanEnvironment, freePort, program, start, waitUntil } from "./process.mjs";

export const PASSWORD = "correct horse battery staple";

/**
 * @param host the issuer's host; `*.test` hosts are reached only by clients of this kit
 * @param more lines of configuration: whole sections that the kit doesn't write itself
 */
export async function startPortvakt({ host = "login.portvakt.test", hosts = [], more = [] } = {}) {
  const portvakt = program("portvakt");
  const folder = mkdtempSync(join(tmpdir(), "portvakt-browser-"));
  const certificates = makeCertificates(folder, [host, "localhost", "127.0.0.1", ...hosts]);
  const authority = readFileSync(certificates.authority, "utf8");
  const mailbox = await openMailbox();
  const port = await freePort();
  const issuer = `https://${host}:${port}`;
  const configuration = join(folder, "portvakt.toml");
  mkdirSync(join(folder, "keys"), { mode: 0o700 });
  const text = JSON.stringify; // a JSON string is a TOML string
  writeFileSync(
    configuration,
    [
      ["[server]", `issuer = ${text(issuer)}`, `listen = "127.0.0.1:${port}"`],
      [`tls_certificate = ${text(certificates.certificate)}`, `tls_key = ${text(certificates.key)}`],
      ["[database]", `url = ${text(`sqlite:${join(folder, "portvakt.db")}`)}`],
      ["[keys]", `directory = ${text(join(folder, "keys"))}`],
      ["[mail]", `smtp_url = ${text(mailbox.url)}`, 'sender = "Portvakt <no-reply@portvakt.test>"'],
      more,
    ]
      .flat()
      .join("\n") + "\n",
  );
  const environment = { env: cleanEnvironment(), cwd: folder };
  const running = start(portvakt, ["--config", configuration, "serve"], environment);
  const stop = async () => {
    await running.stop();
    await mailbox.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await waitUntil(async () => (await send(`${issuer}/healthz/ready`, { authority })).status === 200, running, "Portvakt");
  } catch (error) {
    await stop();
    throw error;
  }

  const cli = async (...args) => {
    const done = await promisify(execFile)(portvakt, ["--config", configuration, ...args, "--json"], environment);
    return JSON.parse(done.stdout);
  };
  const person = (language) => new Person({ authority, site: issuer, language });
  return {
    ...{ issuer, port, folder, authority, certificates, mailbox, cli, person, stop, log: running.output },
    /** The tenant that all tests know. */
    async nordvik() {
      await cli("tenant", "create", "--slug", "nordvik", "--name", "Nordvik kommun", "--language", "sv");
      await cli("tenant", "domain", "add", "--tenant", "nordvik", "--domain", "nordvik.example");
    },
    /** An account whose password was chosen as people do: by the link. */
    async account(address, name, language = "sv") {
      const made = await cli(
        ...["account", "create", "--address", address, "--name", name, "--language", language],
        ...["--verified", "--print-link"],
      );
      await person(language).choosePassword(made.set_password_link, PASSWORD);
      return made;
    },
  };
}

/** What the tests of client libraries stand on: HRM, its API, a program that calls it, and Anna. */
export async function startSeeded({ callback, signedOut, api }) {
  const portvakt = await startPortvakt({ host: "localhost" });
  try {
    await portvakt.nordvik();
    const hrm = await portvakt.cli(
      ...["app", "create", "--name", "HRM", "--kind", "web", "--redirect-uri", callback],
      ...["--post-logout-redirect-uri", signedOut, "--first-party", "--refresh"],
    );
    const scope = "hours:write";
    await portvakt.cli(
      ...["api", "create", "--identifier", api, "--name", "HRM API", "--scope", scope, "--form", "jwt"],
      ...["--client", hrm.client_id],
    );
    const own = ["--own-scope", `${api}#${scope}`];
    const machine = await portvakt.cli("app", "create", "--name", "Timeclock", "--kind", "machine", ...own);
    const address = "anna@nordvik.example";
    await portvakt.account(address, "Anna Svensson");
    return { portvakt, hrm, machine, address, password: PASSWORD };
  } catch (error) {
    await portvakt.stop();
    throw error;
  }
}
