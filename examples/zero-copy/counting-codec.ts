import { type Codec, msgpackCodec } from "jetfold";

/** A codec that counts what it decodes. */
export interface CountingCodec extends Codec {
  /** How many bodies it has decoded. */
  readonly decodes: number;
}

/**
 * MessagePack that counts, for one store. It has a name of its own: what is stored under a name is
 * read by one codec only.
 */
export function countingCodec(): CountingCodec {
  let decodes = 0;
  return {
    name: "msgpack-counted",
    get decodes() {
      return decodes;
    },
    encode: (value, subject) => msgpackCodec.encode(value, subject),
    decode(bytes, subject) {
      decodes++;
      return msgpackCodec.decode(bytes, subject);
    },
  };
}
