import { Packr, Unpackr } from "msgpackr";
import type { Codec } from "./codec.ts";
import { skipValue } from "./msgpack-scan.ts";
import { assertStorable } from "./storable.ts";

/**
 * MessagePack by msgpackr, the default codec. Beyond the JSON values it carries Date (whole
 * milliseconds), bigint (64 bits) and Uint8Array. Every value stands alone (no records).
 *
 * A decoded Uint8Array is a view into the received message: it costs no copy, and keeps the whole
 * message in memory for as long as it is held (`slice()` it to let the message go).
 */
export const msgpackCodec: Codec = {
  name: "msgpack",
  encode(value) {
    assertStorable(value, { date: true, bigint: true, bytes: true });
    return packr.pack(value);
  },
  decode(bytes) {
    if (skipValue(bytes, 0) !== bytes.length) throw new RangeError("bytes after the value");
    return unpackr.unpack(plainView(bytes)) as unknown;
  },
};

const options = { useRecords: false, moreTypes: false, variableMapSize: true };
const packr = new Packr(options);

/** Decodes what was checked; with `start` and `end`, a part of it. */
export const unpackr: Unpackr = new Unpackr(options);

/** Bytes decoded from a Buffer would be Buffers; events hold plain Uint8Arrays. */
export function plainView(bytes: Uint8Array): Uint8Array {
  return Buffer.isBuffer(bytes)
    ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    : bytes;
}
