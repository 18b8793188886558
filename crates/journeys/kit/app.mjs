// A relying app of the demo, registered at the issuer and running under a host name of its own, over https.

import { join } from "node:path";
import { send } from "./http.mjs";
import { cleanEnvironment, freePort, program, start, waitUntil } from "./process.mjs";

/**
 * @param portvakt what startPortvakt gave; its certificate must name `host`
 * @param more arguments of `app create`, such as "--first-party"
 */
export async function startApp(portvakt, { name, program: file, host, more = [] }) {
  const port = await freePort();
  const url = `https://${host}:${port}`;
  const secret = join(portvakt.folder, `${file}.secret`);
  const { client_id } = await portvakt.cli(
    ...["app", "create", "--name", name, "--kind", "web", "--redirect-uri", `${url}/callback`],
    ...["--post-logout-redirect-uri", `${url}/signed-out`, "--secret-file", secret, ...more],
  );
  const { authority, certificates, issuer } = portvakt;
  const env = cleanEnvironment({
    ...{ ISSUER: issuer, CLIENT_ID: client_id, CLIENT_SECRET_FILE: secret, BASE_URL: url, LISTEN: `127.0.0.1:${port}` },
    ...{ TLS_CERT_FILE: certificates.certificate, TLS_KEY_FILE: certificates.key, EXTRA_CA_FILE: certificates.authority },
    RESOLVE: `${new URL(issuer).hostname}=127.0.0.1:${portvakt.port}`,
  });
  const running = start(program(file), [], { env });
  try {
    await waitUntil(async () => (await send(`${url}/healthz`, { authority })).status === 200, running, name);
  } catch (error) {
    await running.stop();
    throw error;
  }
  return { url, clientId: client_id, host: new URL(url).host, stop: running.stop, log: running.output };
}
