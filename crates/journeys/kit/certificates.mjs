// A throw-away certificate authority by the openssl program: made for one run, gone with it.

import { execFileSync } from "node:child_process";
import { createHash, createPublicKey } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const openssl = (...args) => execFileSync("openssl", args, { stdio: ["ignore", "pipe", "pipe"] });

/** Makes an authority and one certificate for all `hosts` in `folder`. */
export function makeCertificates(folder, hosts) {
  const at = (name) => join(folder, name);
  const made = { authority: at("authority.pem"), certificate: at("certificate.pem"), key: at("certificate-key.pem") };
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  openssl(
    ...["req", "-x509", ...newKey, "-keyout", at("authority-key.pem"), "-out", made.authority, "-days", "2"],
    ...["-subj", "/CN=Throw-away authority of a test", "-addext", "keyUsage=critical,keyCertSign,cRLSign"],
  );
  openssl("req", ...newKey, "-keyout", made.key, "-out", at("request.pem"), "-subj", "/CN=Throw-away server of a test");
  const names = hosts.map((host) => (/^[0-9.]+$/.test(host) ? `IP:${host}` : `DNS:${host}`));
  writeFileSync(at("extensions"), `subjectAltName=${names.join(",")}\nbasicConstraints=critical,CA:FALSE\n`);
  openssl(
    ...["x509", "-req", "-in", at("request.pem"), "-CA", made.authority, "-CAkey", at("authority-key.pem")],
    ...["-CAcreateserial", "-days", "2", "-extfile", at("extensions"), "-out", made.certificate],
  );
  // openssl writes keys as 0600, which is what Portvakt demands.
  const spki = createPublicKey(readFileSync(made.certificate)).export({ type: "spki", format: "der" });
  return { ...made, pin: createHash("sha256").update(spki).digest("base64") };
}
