import {
  DiscardPolicy,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
  type StreamInfo,
} from "@nats-io/jetstream";
import { type Bucket, ConfigError } from "../../event/index.ts";
import { apiCodes, asConfigError, callApi, isApiError } from "../requests/api.ts";
import { newStreamInfo } from "../identity.ts";
import { bucketStreamName, kvBucket } from "../kv-bucket.ts";
import type { CreateSettings } from "./open-stream.ts";
import type { Stream } from "../stream.ts";

/** An open bucket. */
export interface OpenedBucket {
  readonly bucket: Bucket;
  /** It did not exist. */
  readonly isNew: boolean;
}

/**
 * Create or verify a bucket beside a store's stream.
 * @param expected - why it must exist, if it must
 * @throws {@link ConfigError} when it may not be created, or would forget what it is given
 */
export async function openBucket(
  store: Stream,
  bucket: string,
  settings: CreateSettings,
  expected: string | undefined,
): Promise<OpenedBucket> {
  const stream: Stream = { ...store, name: bucketStreamName(bucket) };
  const found = await existing(stream, bucket, expected === undefined ? 0 : knownSoonMs);
  if (found === undefined && !settings.create)
    throw new ConfigError(`bucket "${bucket}" does not exist`);
  if (found === undefined && expected !== undefined)
    throw new ConfigError(`bucket "${bucket}" is gone: ${expected}`);
  const { config } = found ?? (await created(stream, bucket, settings));
  const reasons = [
    config.max_age > 0 && "its values expire",
    config.discard !== DiscardPolicy.New && "it discards old values at a limit",
    config.retention !== RetentionPolicy.Limits && "its retention is not limits",
    config.subjects?.[0] !== `$KV.${bucket}.>` && "it is not a key-value bucket of this name",
    !config.allow_direct && "allow_direct is off",
  ].filter((reason) => reason !== false);
  const isNew = found === undefined;
  if (reasons.length === 0)
    return { bucket: kvBucket(stream, bucket, config.allow_msg_ttl === true), isNew };
  throw new ConfigError(`bucket "${bucket}" can't serve a store: ${reasons.join("; ")}`);
}

/** How long a bucket that must exist is looked for, in milliseconds: see {@link newStreamInfo}. */
const knownSoonMs = 2_000;

async function existing(
  stream: Stream,
  bucket: string,
  timeoutMs: number,
): Promise<StreamInfo | undefined> {
  try {
    return await newStreamInfo(stream, timeoutMs);
  } catch (error) {
    if (isApiError(error, apiCodes.streamNotFound)) return undefined;
    throw asConfigError(error, `opening bucket "${bucket}"`);
  }
}

async function created(
  stream: Stream,
  bucket: string,
  settings: CreateSettings,
): Promise<StreamInfo> {
  try {
    const config = bucketConfig(stream.name, bucket, settings);
    return await callApi<StreamInfo>(stream, `STREAM.CREATE.${stream.name}`, config);
  } catch (error) {
    if (isApiError(error, apiCodes.streamNameInUse)) return newStreamInfo(stream);
    throw asConfigError(error, `creating bucket "${bucket}"`);
  }
}

function bucketConfig(
  name: string,
  bucket: string,
  { replicas, storage }: CreateSettings,
): Partial<StreamConfig> {
  return {
    name,
    subjects: [`$KV.${bucket}.>`],
    retention: RetentionPolicy.Limits,
    storage: storage === "file" ? StorageType.File : StorageType.Memory,
    num_replicas: replicas,
    discard: DiscardPolicy.New,
    max_msgs_per_subject: 1,
    deny_delete: true,
    allow_direct: true,
    allow_rollup_hdrs: false,
    allow_msg_ttl: true,
  };
}
