import { isDeepStrictEqual } from "node:util";
import { msgpackCodec } from "jetfold";
import { isNativeAccelerationEnabled } from "msgpackr";
import { sampleValues } from "./sample-values.ts";

/** Encodes the samples and decodes them again, in a process that was started with or without the add-on. */
const encoded = sampleValues.map((value) => Uint8Array.from(msgpackCodec.encode(value, "X")));
const changed = sampleValues.filter(
  (value, i) => !isDeepStrictEqual(msgpackCodec.decode(encoded[i]!, "X"), value),
);
const bytes = Buffer.concat(encoded).toString("base64");
console.log(
  JSON.stringify({ native: isNativeAccelerationEnabled, changed: changed.length, bytes }),
);
