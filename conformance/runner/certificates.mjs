// Certificates for the suite's clients, of the run's own authority: apps that prove themselves by one are told of its subject.

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const openssl = (...args) => execFileSync("openssl", args, { stdio: ["ignore", "pipe", "pipe"] });

/**
 * Makes one for each name, beside the authority in `folder`.
 * @returns {object} `{NAME}_certificate` and `{NAME}_key`, PEM
 */
export function clientCertificates(folder, names) {
  const at = (name) => join(folder, name);
  writeFileSync(at("client-extensions"), "basicConstraints=critical,CA:FALSE\nextendedKeyUsage=clientAuth\n");
  const made = {};
  for (const name of names) {
    const [key, request, certificate] = [at(`${name}-key.pem`), at(`${name}-request.pem`), at(`${name}.pem`)];
    openssl(
      ...["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"],
      ...["-keyout", key, "-out", request, "-subj", `/CN=${name}`],
    );
    openssl(
      ...["x509", "-req", "-in", request, "-CA", at("authority.pem"), "-CAkey", at("authority-key.pem")],
      ...["-CAcreateserial", "-days", "2", "-extfile", at("client-extensions"), "-out", certificate],
    );
    made[`${name}_certificate`] = readFileSync(certificate, "utf8");
    made[`${name}_key`] = readFileSync(key, "utf8");
  }
  return made;
}
