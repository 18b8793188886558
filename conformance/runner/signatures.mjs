// The suite's signatures: it signs each log that it exports, and publishes the key at /jwks.

import { createHash, createPublicKey, verify } from "node:crypto";

/** A public RSA key's thumbprint (RFC 7638), base64url. */
export function thumbprint({ e, kty, n }) {
  return createHash("sha256").update(JSON.stringify({ e, kty, n })).digest("base64url");
}

/** True when the text of a `.sig` file is this key's signature (RSASSA-PKCS1-v1_5 with SHA-256) over the bytes. */
export function isSigned(bytes, signature, jwk) {
  if (!signature || jwk?.kty !== "RSA") return false;
  const { e, kty, n } = jwk;
  const key = createPublicKey({ key: { e, kty, n }, format: "jwk" });
  return verify("sha256", bytes, key, Buffer.from(signature.toString("latin1").trim(), "base64url"));
}
