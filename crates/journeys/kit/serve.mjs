// A seeded deployment for clients in other languages: prints one line of JSON, and runs until its input ends.

import { startSeeded } from "./portvakt.mjs";

const [callback, signedOut, api] = process.argv.slice(2);
const { portvakt, ...seeded } = await startSeeded({ callback, signedOut, api });
console.log(JSON.stringify({ issuer: portvakt.issuer, authority: portvakt.certificates.authority, ...seeded }));
await new Promise((done) => process.stdin.on("end", done).resume());
await portvakt.stop();
