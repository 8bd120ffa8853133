import { Packr } from "msgpackr";
import type { Codec } from "./codec.ts";
import { readValue } from "./msgpack-read.ts";
import { assertStorable } from "./storable.ts";

/**
 * MessagePack, the default codec: written by msgpackr, read by {@link readValue}. Beyond the JSON values it carries Date (whole
 * milliseconds), bigint (64 bits) and Uint8Array. Every value stands alone (no records).
 *
 * A decoded Uint8Array is a view into the bytes that are decoded, and keeps all of them in memory for
 * as long as it is held. Of an event these are a copy of its body, which the event has for itself.
 */
export const msgpackCodec: Codec = {
  name: "msgpack",
  encode(value) {
    assertStorable(value, { date: true, bigint: true, bytes: true });
    return packr.pack(value);
  },
  decode(bytes) {
    return readValue(bytes);
  },
};

const packr = new Packr({ useRecords: false, moreTypes: false, variableMapSize: true });
