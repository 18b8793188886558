// HTTPS by node:https with the test's own authority, whatever the name service says about a host: *.test is here.

import { request } from "node:https";

/** @returns {Promise<{status: number, headers: object, cookies: string[], body: string}>} */
export function send(url, { authority, method = "GET", headers = {}, body } = {}) {
  return new Promise((done, failed) => {
    const { hostname } = new URL(url);
    const options = {
      method,
      headers: body === undefined ? headers : { ...headers, "content-length": Buffer.byteLength(body) },
      ca: authority,
      servername: /^[0-9.]+$/.test(hostname) ? "" : hostname,
      lookup: (_host, options, answer) =>
        options.all ? answer(null, [{ address: "127.0.0.1", family: 4 }]) : answer(null, "127.0.0.1", 4),
      timeout: 30_000,
    };
    const asked = request(url, options, (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("error", failed);
      response.on("end", () => {
        const { statusCode: status, headers } = response;
        done({ status, headers, cookies: headers["set-cookie"] ?? [], body: Buffer.concat(chunks).toString() });
      });
    });
    asked.on("timeout", () => asked.destroy(new Error(`no answer from ${url} in 30 s`)));
    asked.on("error", failed);
    asked.end(body);
  });
}

/** The same in the shape of `fetch`, for libraries that take one. */
export function fetchWith(authority) {
  return async (url, { method, headers, body } = {}) => {
    const all = Object.fromEntries(new Headers(headers));
    const answer = await send(url, { authority, method, headers: all, body: body == null ? undefined : String(body) });
    const given = new Headers();
    for (const [name, value] of Object.entries(answer.headers)) {
      for (const one of [value].flat()) given.append(name, one);
    }
    return new Response([204, 304].includes(answer.status) ? null : answer.body, { status: answer.status, headers: given });
  };
}
