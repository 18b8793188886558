// Portvakt as the suite wants it: everything made anew outside the tree, at each start.

import { execFile } from "node:child_process";
import { X509Certificate, createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { makeCertificates } from "../../crates/journeys/kit/certificates.mjs";
import { send } from "../../crates/journeys/kit/http.mjs";
import { Person } from "../../crates/journeys/kit/person.mjs";
import { cleanEnvironment, program, start, waitUntil } from "../../crates/journeys/kit/process.mjs";
import { build } from "./build.mjs";
import { clientCertificates } from "./certificates.mjs";
import { read } from "./configuration.mjs";
import { empty, tell } from "./state.mjs";

const PASSWORD = "correct horse battery staple";
const A_DAY = 86_400_000;

/** Starts Portvakt, gives it what the plans need, and stays until it is told to stop. */
export async function serve(conformance, state, say) {
  const { hosts, ...seeds } = read(conformance, "seeds.json");
  empty(state);
  const certificates = certify(join(state, "tls"), hosts);
  const configuration = join(state, "portvakt.toml");
  copyFileSync(join(conformance, "portvakt.toml"), configuration);
  mkdirSync(join(state, "keys"), { mode: 0o700 });

  const path = program("portvakt");
  const portvakt = build(join(conformance, ".."), path);
  if (!portvakt.commit) say("Tracked files differ from the commit: results of this build are not recorded.");
  const environment = { env: cleanEnvironment(), cwd: state };
  const running = start(path, ["--config", configuration, "serve"], environment);
  const told = new Promise((done) => ["SIGINT", "SIGTERM"].forEach((signal) => process.once(signal, done)));
  try {
    const { issuer } = seeds;
    const authority = readFileSync(certificates.authority, "utf8");
    const ready = async () => (await send(`${issuer}/healthz/ready`, { authority })).status === 200;
    await waitUntil(ready, running, "Portvakt");
    const cli = async (...args) => {
      const done = await promisify(execFile)(path, ["--config", configuration, ...args, "--json"], environment);
      return JSON.parse(done.stdout);
    };
    const certified = clientCertificates(join(state, "tls"), seeds.certificates);
    const seeded = await seed(cli, conformance, seeds, new Person({ authority, site: issuer }));
    const secrets = { ...seeded, ...certified };
    const person = { address: seeds.person.address, password: PASSWORD };
    tell(state, { issuer, program: path, portvakt, configuration, pin: certificates.pin, person, secrets });
    say(`${issuer} is ready; Ctrl-C stops it. Certificates for the suite's front: ${join(state, "tls")}`);
    await Promise.race([told, running.end]);
    if (running.ended()) throw new Error(`Portvakt ended (${running.ended()}):\n${running.output()}`);
  } finally {
    tell(state, {});
    writeFileSync(join(state, "portvakt.log"), running.output());
    await running.stop();
  }
}

/** One authority and one certificate for both hosts. They are kept for a day, so that the suite's front can stay up. */
function certify(folder, hosts) {
  const at = (name) => join(folder, name);
  const made = { authority: at("authority.pem"), certificate: at("certificate.pem"), key: at("certificate-key.pem") };
  const left = existsSync(made.certificate) && new Date(new X509Certificate(readFileSync(made.certificate)).validTo) - Date.now();
  if (!left || left < A_DAY) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return makeCertificates(folder, hosts);
  }
  const spki = new X509Certificate(readFileSync(made.certificate)).publicKey.export({ type: "spki", format: "der" });
  return { ...made, pin: createHash("sha256").update(spki).digest("base64") };
}

/** The clients and the person of the configurations. Answers with what stands for the names in braces. */
async function seed(cli, conformance, { clients, person }, browser) {
  const secrets = { address: person.address, password: PASSWORD };
  for (const { client_id, name, arguments: more } of clients) {
    const made = await cli("app", "create", "--client-id", client_id, "--name", name, ...more);
    if (made.client_secret) secrets[client_id] = made.client_secret;
  }
  const told = await cli("registration", "token", "create", "--name", "Conformance", "--uses", "1000");
  secrets.registration_token = told.token;
  const made = await cli(
    ...["account", "create", "--address", person.address, "--name", person.name, "--language", "en"],
    ...["--profile", join(conformance, "person.json"), "--verified", "--print-link"],
  );
  await browser.choosePassword(made.set_password_link, PASSWORD);
  return secrets;
}
