// Reads a zip archive from memory: what the suite exports, and no more of the format than that needs.

import { inflateRawSync } from "node:zlib";

const END = 0x06054b50, ENTRY = 0x02014b50;
const STORED = 0, DEFLATED = 8;
/** Longer than any log, in bytes: an archive from elsewhere can't fill the memory. */
const LARGEST = 64 * 1024 * 1024;

/** @returns {Map<string, Buffer>} the files by their names */
export function unzip(archive) {
  const end = archive.lastIndexOf(Buffer.from("PK\x05\x06", "latin1"));
  if (end < 0 || archive.readUInt32LE(end) !== END) throw new Error("not a zip archive");
  const files = new Map();
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left--) {
    if (archive.readUInt32LE(at) !== ENTRY) throw new Error("the zip archive's directory is damaged");
    const method = archive.readUInt16LE(at + 10), packed = archive.readUInt32LE(at + 20);
    const [nameLength, extraLength, noteLength] = [28, 30, 32].map((offset) => archive.readUInt16LE(at + offset));
    const start = archive.readUInt32LE(at + 42);
    const name = archive.toString("utf8", at + 46, at + 46 + nameLength);
    // The entry's own header repeats the name, and has an extra part of a length of its own.
    const data = start + 30 + archive.readUInt16LE(start + 26) + archive.readUInt16LE(start + 28);
    files.set(name, unpack(name, method, archive.subarray(data, data + packed)));
    at += 46 + nameLength + extraLength + noteLength;
  }
  return files;
}

function unpack(name, method, bytes) {
  if (method === STORED) return bytes;
  if (method === DEFLATED) return inflateRawSync(bytes, { maxOutputLength: LARGEST });
  throw new Error(`${name} is packed in a way that is not known (${method})`);
}
