import type { Codec } from "./codec.ts";
import { isObject, type Rules } from "../arguments.ts";
import type { CodecSet } from "../commit.ts";
import { ConfigError } from "../errors.ts";
import { jsonCodec } from "./json-codec.ts";
import { msgpackCodec } from "./msgpack-codec.ts";

/** Which codecs a store uses. */
export interface CodecOptions {
  /** What new commits are written with. @default msgpackCodec */
  readonly codec?: Codec;
  /** What else may be read, beside MessagePack and JSON. */
  readonly codecs?: readonly Codec[];
}

export const codecRules: Rules<CodecOptions> = {
  codec: isObject,
  codecs: (value) => (Array.isArray(value) ? undefined : "must be an array"),
};

/** All codecs a store reads with, by name. @throws {@link ConfigError} when two share a name */
export function codecSetOf({ codec = msgpackCodec, codecs = [] }: CodecOptions): CodecSet {
  const byName = new Map<string, Codec>([
    [msgpackCodec.name, msgpackCodec],
    [jsonCodec.name, jsonCodec],
  ]);
  for (const one of [codec, ...codecs]) {
    if (!/^[A-Za-z0-9_-]{1,64}$/.test(one.name)) {
      throw new ConfigError(`codec name "${one.name}" must be 1 to 64 of A-Z a-z 0-9 _ -`);
    }
    const known = byName.get(one.name);
    if (known !== undefined && known !== one) {
      throw new ConfigError(`two codecs are called "${one.name}"`);
    }
    byName.set(one.name, one);
  }
  return byName;
}
