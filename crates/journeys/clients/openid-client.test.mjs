// openid-client, by the author of the certified JavaScript provider: the strictest checks that a client library makes.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import * as client from "openid-client";
import { fetchWith } from "../kit/http.mjs";
import { PASSWORD, startSeeded } from "../kit/portvakt.mjs";

const CALLBACK = "https://hrm.nordvik.example/callback";
const SIGNED_OUT = "https://hrm.nordvik.example/signed-out";
const API = "https://hrm.nordvik.example/api";
const ANNA = "anna@nordvik.example";

let portvakt, hrm, timeclock;

before(async () => {
  const seeded = await startSeeded({ callback: CALLBACK, signedOut: SIGNED_OUT, api: API });
  ({ portvakt } = seeded);
  hrm = await discover(seeded.hrm.client_id, client.ClientSecretBasic(seeded.hrm.client_secret));
  timeclock = await discover(seeded.machine.client_id, client.ClientSecretPost(seeded.machine.client_secret));
});
after(() => portvakt?.stop());

function discover(clientId, authentication) {
  const fetch = fetchWith(portvakt.authority);
  const options = { [client.customFetch]: fetch };
  return client.discovery(new URL(portvakt.issuer), clientId, undefined, authentication, options);
}

async function signIn(parameters = {}) {
  const verifier = client.randomPKCECodeVerifier();
  const expected = { expectedState: client.randomState(), expectedNonce: client.randomNonce() };
  const url = client.buildAuthorizationUrl(hrm, {
    ...{ redirect_uri: CALLBACK, scope: "openid profile email", state: expected.expectedState },
    ...{ nonce: expected.expectedNonce, code_challenge_method: "S256" },
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    ...parameters,
  });
  const back = await portvakt.person().signIn(url.href, ANNA, PASSWORD);
  return client.authorizationCodeGrant(hrm, back, { pkceCodeVerifier: verifier, idTokenExpected: true, ...expected });
}

test("discovery is complete", () => {
  const metadata = hrm.serverMetadata();
  assert.equal(metadata.issuer, portvakt.issuer);
  assert.ok(metadata.supportsPKCE());
  assert.equal(metadata.authorization_response_iss_parameter_supported, true);
  for (const name of ["jwks_uri", "userinfo_endpoint", "introspection_endpoint", "revocation_endpoint", "end_session_endpoint"]) {
    assert.ok(metadata[name]?.startsWith(portvakt.issuer), name);
  }
});

test("code with PKCE gives an id_token, and userinfo speaks of the same person", async () => {
  const tokens = await signIn();
  const { sub, iss } = tokens.claims();
  assert.equal(iss, portvakt.issuer);
  const person = await client.fetchUserInfo(hrm, tokens.access_token, sub);
  assert.deepEqual([person.email, person.name], [ANNA, "Anna Svensson"]);
});

test("an id_token in answer to max_age says when the person signed in", async () => {
  const tokens = await signIn({ max_age: "600" });
  assert.ok(Math.abs(tokens.claims().auth_time - Date.now() / 1000) < 120);
});

test("a refresh token gives new tokens for the same person", async () => {
  const tokens = await signIn();
  const next = await client.refreshTokenGrant(hrm, tokens.refresh_token);
  assert.notEqual(next.access_token, tokens.access_token);
  await client.fetchUserInfo(hrm, next.access_token, tokens.claims().sub);
});

test("a revoked refresh token gives nothing more", async () => {
  const tokens = await signIn();
  await client.tokenRevocation(hrm, tokens.refresh_token);
  await assert.rejects(client.refreshTokenGrant(hrm, tokens.refresh_token), { error: "invalid_grant" });
  await assert.rejects(client.fetchUserInfo(hrm, tokens.access_token, tokens.claims().sub));
});

test("client_credentials gives a token for the API that was named", async () => {
  const token = await client.clientCredentialsGrant(timeclock, { resource: API, scope: "hours:write" });
  assert.equal(token.scope ?? "hours:write", "hours:write");
  const claims = JSON.parse(Buffer.from(token.access_token.split(".")[1], "base64url"));
  assert.deepEqual([claims.iss, claims.client_id], [portvakt.issuer, timeclock.clientMetadata().client_id]);
  assert.ok([claims.aud].flat().includes(API));
});

/** A machine of its own, and what it asks for itself. */
async function asks(method, more, authentication) {
  const own = ["--own-scope", `${API}#hours:write`, "--auth-method", method, ...more];
  const made = await portvakt.cli("app", "create", "--name", method, "--kind", "machine", ...own);
  const machine = await discover(made.client_id, authentication(made));
  return client.clientCredentialsGrant(machine, { resource: API });
}

test("a program proves itself by its own key, and no secret is made", async () => {
  for (const name of ["ES256", "PS256", "RS256", "Ed25519"]) {
    const rsa = { modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" };
    const algorithm = {
      ES256: { name: "ECDSA", namedCurve: "P-256" },
      ...{ PS256: { name: "RSA-PSS", ...rsa }, RS256: { name: "RSASSA-PKCS1-v1_5", ...rsa } },
      Ed25519: { name: "Ed25519" },
    }[name];
    const { publicKey, privateKey } = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
    const { kty, crv, x, y, n, e } = await crypto.subtle.exportKey("jwk", publicKey);
    const file = join(portvakt.folder, `${name}.jwks`);
    writeFileSync(file, JSON.stringify({ keys: [{ kty, crv, x, y, n, e, kid: name }] }));
    const token = await asks("private_key_jwt", ["--jwks", file], ({ client_secret }) => {
      assert.equal(client_secret, undefined);
      return client.PrivateKeyJwt({ key: privateKey, kid: name });
    });
    assert.ok(token.access_token, name);
  }
});

test("a program proves itself by a secret that never travels", async () => {
  const token = await asks("client_secret_jwt", [], ({ client_secret }) => client.ClientSecretJwt(client_secret));
  assert.ok(token.access_token);
});

test("introspection tells the token's owner that it lives, and after revocation that it doesn't", async () => {
  const tokens = await signIn();
  const alive = await client.tokenIntrospection(hrm, tokens.access_token);
  assert.deepEqual([alive.active, alive.sub], [true, tokens.claims().sub]);
  await client.tokenRevocation(hrm, tokens.access_token);
  assert.equal((await client.tokenIntrospection(hrm, tokens.access_token)).active, false);
});

test("the end-session address ends the session and leads back to the app", async () => {
  const tokens = await signIn();
  const url = client.buildEndSessionUrl(hrm, {
    ...{ post_logout_redirect_uri: SIGNED_OUT, id_token_hint: tokens.id_token, state: "bye" },
  });
  const { leavesFor } = await portvakt.person().open(url.href);
  assert.equal(leavesFor?.href, `${SIGNED_OUT}?state=bye`);
});
