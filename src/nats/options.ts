import { checkedThere, isFlag, isFunction, oneOf, type Rules } from "../event/arguments.ts";
import type { StoreWarning } from "../event/index.ts";
import { type CodecOptions, codecRules } from "../event/backend/index.ts";

/** How a `NatsStore` is opened. */
export interface NatsStoreOptions extends CodecOptions {
  /**
   * The store's name: its stream, the first token of its subjects, the stem of its buckets. 1 to
   * 128 of `A-Z a-z 0-9 _ -`.
   */
  readonly name: string;
  /** Create what does not exist, which takes admin rights. @default true */
  readonly create?: boolean;
  /**
   * Make the buckets anew although the stream has commits: for a stream that was moved without
   * them, or a bucket that is lost for good. What was in the bucket of projections is not there any
   * more, so each one with its checkpoint in it begins again and repeats its effects. @default false
   */
  readonly recreateBuckets?: boolean;
  /**
   * Copies of the stream and its buckets, when created: 1, 3 or 5. In a cluster, opening a stream that
   * has one is warned of, unless 1 is given. @default 1
   */
  readonly replicas?: number;
  /** Where they are kept, when created. @default "file" */
  readonly storage?: "file" | "memory";
  /**
   * How the stream's file is compressed, when created. With s2 it takes about a quarter of the disk,
   * but the server decompresses a whole block (8 MB) for each message it looks up in another one
   * (2.15): a load of an aggregate that is spread over a long stream takes a hundred times as long.
   * @default "none"
   */
  readonly compression?: "none" | "s2";
  /**
   * Declare that the server syncs every write to disk (its `sync_interval: always`), which no
   * client can see, or (false) that it need not; without either, opening a store warns that a power cut
   * may lose acknowledged commits, unless its server is the only one and on this machine.
   */
  readonly syncAlways?: boolean;
  /** The JetStream domain of the stream, if it is in one. */
  readonly domain?: string;
  /**
   * How many roots of aggregates are kept in memory, so that `execute` needs no read before it
   * appends; 0 for none. @default 10000
   */
  readonly cachedRoots?: number;
  /**
   * Told what deserves attention and stops nothing, listeners that throw among it.
   * @default the process's warnings, which also hear what this one throws
   */
  readonly onWarning?: (warning: StoreWarning) => void;
}

export const storeRules: Rules<NatsStoreOptions> = {
  ...codecRules,
  name: checkedThere,
  create: isFlag,
  recreateBuckets: isFlag,
  replicas: oneOf(1, 3, 5),
  storage: oneOf("file", "memory"),
  compression: oneOf("none", "s2"),
  syncAlways: isFlag,
  domain: checkedThere,
  cachedRoots: checkedThere,
  onWarning: isFunction,
};
