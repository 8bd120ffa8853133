import type { NatsConnection } from "@nats-io/nats-core";
import {
  type Bucket,
  checkName,
  ConfigError,
  InvalidInputError,
  RootCache,
  type Sequence,
  type StoreWarning,
} from "../../event/index.ts";
import { type CodecSet, codecSetOf, warnBy } from "../../event/backend/index.ts";
import { checkArgument, checkOptions, isObject } from "../../event/arguments.ts";
import { checkConnection, givesUp } from "./connection.ts";
import { type NatsStoreOptions, storeRules } from "../options.ts";
import type { Extent } from "../witness/marks.ts";
import { assertJetStream } from "./jetstream.ts";
import { openBucket } from "./open-bucket.ts";
import { type CreateSettings, openStream } from "./open-stream.ts";
import { isNews, siteOf, syncWarning } from "./risks.ts";
import { checkServerVersion } from "./server-version.ts";
import { Mirrors } from "../messages/mirrors.ts";
import { Replicas } from "../messages/replicas.ts";
import { Multiplexer } from "../requests/multiplexer.ts";
import type { Stream } from "../stream.ts";
import { inboxPrefixOf } from "../inbox.ts";

/** What a store is made of. */
export interface OpenedParts {
  readonly stream: Stream;
  readonly codecs: CodecSet;
  readonly roots: RootCache;
  readonly storeId: string;
  readonly maxMessageBytes: number;
  /** See {@link OpenedStream.extent}. */
  readonly extent: Extent;
  readonly replicated: boolean;
  readonly snapshots: Bucket;
  readonly projections: Bucket;
  readonly warnings: readonly StoreWarning[];
}

/** Check everything, then create or verify the stream and the two buckets. */
export async function openParts(
  given: NatsConnection,
  options: NatsStoreOptions,
): Promise<OpenedParts> {
  const settings = checkSettings(options);
  const codecs = codecSetOf(options);
  const connection = checkConnection(given);
  const told = [checkServerVersion(connection), givesUp(connection)];
  const name = checkStoreName(connection, options.name);
  const api = apiPrefix(options.domain);
  const roots = new RootCache(options.cachedRoots);
  const requests = new Multiplexer(connection);
  const mirrors = new Mirrors(warnBy(options.onWarning));
  const replicas = new Replicas(false);
  const stream: Stream = { connection, requests, replicas, mirrors, name, api };
  try {
    await assertJetStream(stream);
    const { warnings, ...parts } = await openAll(stream, settings);
    const site = siteOf(connection, options);
    const all = [...told, ...warnings].filter((warning) => warning !== undefined);
    return { ...parts, codecs, roots, warnings: all.filter((one) => isNews(one, site)) };
  } catch (error) {
    stream.requests.close();
    throw error;
  }
}

async function openAll(
  asked: Stream,
  settings: CreateSettings,
): Promise<Omit<OpenedParts, "codecs" | "roots">> {
  const opened = await openStream(asked, settings);
  const stream: Stream = { ...asked, replicas: new Replicas(opened.replicated) };
  // An opening that was killed between the stream and its buckets left a stream without messages.
  const { extent, isNew } = opened;
  const lost = isNew || settings.recreateBuckets ? undefined : lostProjections(extent.last);
  const projections = await openBucket(stream, `${stream.name}-projections`, settings, lost);
  const snapshots = await openBucket(stream, `${stream.name}-snapshots`, settings, undefined);
  const missing = !isNew && snapshots.isNew ? [lostSnapshots] : [];
  const warnings = [...opened.warnings, ...missing, syncWarning];
  return {
    stream,
    ...opened,
    snapshots: snapshots.bucket,
    projections: projections.bucket,
    warnings,
  };
}

function lostProjections(lastSequence: Sequence): string {
  return (
    `its store holds commits up to ${lastSequence}, and how far projections had come was in it, so ` +
    "that each would begin again and repeat its effects. Restore it from a backup; or open the " +
    "store once with recreateBuckets: true, and mean that"
  );
}

const lostSnapshots: StoreWarning = {
  code: "snapshots",
  message: "the bucket of snapshots was gone and is made anew: the next loads read whole histories",
};

function checkSettings(options: NatsStoreOptions): CreateSettings {
  checkArgument("options", options, isObject);
  checkOptions("NatsStore.open", options, storeRules);
  const { replicas = 1, storage = "file", compression = "none" } = options;
  const { create = true, recreateBuckets = false } = options;
  return { replicas, storage, compression, create, recreateBuckets };
}

/** The stream takes `<name>.*.*`, which must not swallow replies to this or another client. */
function checkStoreName(connection: NatsConnection, name: string): string {
  checkName("name", name);
  const inbox = inboxPrefixOf(connection)?.split(".")[0] ?? "_INBOX";
  if (name === inbox || name.startsWith("_INBOX")) {
    throw new InvalidInputError("name", "must not be the prefix of inboxes", name);
  }
  if (name.length > 100) {
    throw new InvalidInputError("name", "must leave room for its buckets: 100 characters", name);
  }
  return name;
}

function apiPrefix(domain: string | undefined): string {
  if (domain === undefined) return "$JS.API";
  if (!/^[A-Za-z0-9_-]+$/.test(domain)) throw new ConfigError(`"${domain}" is no JetStream domain`);
  return `$JS.${domain}.API`;
}
