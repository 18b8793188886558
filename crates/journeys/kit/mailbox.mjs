// A real SMTP server (RFC 5321) that keeps what it is sent.

import { createServer } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

export async function openMailbox() {
  const mails = [];
  const sockets = new Set();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    converse(socket, mails);
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `smtp://127.0.0.1:${server.address().port}`,
    mails,
    /** Waits for the `count`-th mail to `address` (from 1). */
    async waitFor(address, count = 1) {
      for (let tries = 0; tries < 600; tries++) {
        const theirs = mails.filter((mail) => mail.to.includes(address));
        if (theirs.length >= count) return theirs[count - 1];
        await pause(50);
      }
      throw new Error(`mail ${count} to ${address} never came; these did: ${mails.map((mail) => mail.to).join(", ")}`);
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((done) => server.close(done));
    },
  };
}

function converse(socket, mails) {
  let rest = "", from, to = [], data;
  const reply = (text) => socket.write(`${text}\r\n`);
  const commands = {
    EHLO: () => reply("250-mailbox.test\r\n250-8BITMIME\r\n250 SMTPUTF8"),
    HELO: () => reply("250 OK"),
    NOOP: () => reply("250 OK"),
    RSET: () => (([from, to] = [undefined, []]), reply("250 OK")),
    MAIL: (line) => ((from = line.match(/<(.*?)>/)?.[1]), reply("250 OK")),
    RCPT: (line) => (to.push(line.match(/<(.*?)>/)?.[1]), reply("250 OK")),
    DATA: () => ((data = []), reply("354 End with a dot on a line of its own")),
    QUIT: () => socket.end("221 Bye\r\n"),
  };
  const take = (line) => {
    if (data === undefined) {
      const command = commands[line.split(/[ :]/)[0].toUpperCase()];
      return command ? command(line) : reply("502 Not known here");
    }
    if (line !== ".") return data.push(line.replace(/^\./, ""));
    mails.push({ from, to, raw: data.join("\r\n"), text: textOf(data.join("\r\n")) });
    [from, to, data] = [undefined, [], undefined];
    reply("250 Kept");
  };
  socket.setEncoding("latin1");
  socket.on("data", (chunk) => {
    const lines = (rest + chunk).split("\r\n");
    rest = lines.pop();
    lines.forEach(take);
  });
  reply("220 mailbox.test ready");
}

/** The plain-text part of a MIME entity, decoded. */
function textOf(entity) {
  const [head, ...bodies] = entity.split("\r\n\r\n");
  const body = bodies.join("\r\n\r\n");
  const header = (name) => head.replace(/\r\n[ \t]+/g, " ").match(new RegExp(`^${name}: *(.*)$`, "im"))?.[1] ?? "";
  const boundary = header("content-type").match(/^multipart\/.*boundary="?([^";]+)/i)?.[1];
  if (boundary) {
    const parts = body.split(`--${boundary}`).slice(1, -1);
    return parts.map((part) => textOf(part.replace(/^\r\n/, ""))).find(Boolean) ?? "";
  }
  if (!/^(text\/plain|$)/i.test(header("content-type"))) return "";
  const encoding = header("content-transfer-encoding").toLowerCase();
  if (encoding === "base64") return Buffer.from(body, "base64").toString();
  if (encoding !== "quoted-printable") return Buffer.from(body, "latin1").toString();
  const bytes = body.replace(/=\r\n/g, "").replace(/=([0-9A-F]{2})/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, "latin1").toString();
}
