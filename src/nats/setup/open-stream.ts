import type { StreamInfo } from "@nats-io/jetstream";
import { ConfigError, newId, type StoreWarning } from "../../event/index.ts";
import { apiCodes, asConfigError, callApi, isApiError } from "../requests/api.ts";
import { newStreamInfo, storeIdOf, streamInfo } from "../identity.ts";
import type { Stream } from "../stream.ts";
import { extentOf } from "../witness/look.ts";
import type { Extent } from "../witness/marks.ts";
import { isNew, purgedEnd } from "./purged-end.ts";
import { checkStreamConfig, newStreamConfig } from "./stream-config.ts";

/** How the stream is created when it does not exist. */
export interface CreateSettings {
  readonly replicas: number;
  readonly storage: "file" | "memory";
  readonly compression: "none" | "s2";
  readonly create: boolean;
  readonly recreateBuckets: boolean;
}

/** An open stream: its store's id, the largest message it takes, and what is risky about it. */
export interface OpenedStream {
  readonly storeId: string;
  readonly maxMessageBytes: number;
  /** Nothing was ever stored in it, though it may begin at a later sequence than 1. */
  readonly isNew: boolean;
  /** How far it goes. */
  readonly extent: Extent;
  /** It has several replicas, so that a deposed leader may answer for a moment. */
  readonly replicated: boolean;
  readonly warnings: readonly StoreWarning[];
}

/**
 * Create a store's stream or verify the one there is. Two that create it at once get the same one.
 * @throws {@link ConfigError} when it may not be created or can't hold a store
 */
export async function openStream(stream: Stream, settings: CreateSettings): Promise<OpenedStream> {
  const info = (await existing(stream)) ?? (await created(stream, settings));
  const warnings = checkStreamConfig(info.config);
  const storeId = storeIdOf(info);
  const limits = [stream.connection.info?.max_payload ?? 1 << 20, info.config.max_msg_size];
  const maxMessageBytes = Math.min(...limits.filter((limit) => limit > 0));
  const replicated = info.config.num_replicas > 1;
  const extent = extentOf(info);
  const purged = await purgedEnd(stream, info);
  const all = purged === undefined ? warnings : [...warnings, purged];
  return { storeId, maxMessageBytes, extent, isNew: isNew(info), replicated, warnings: all };
}

async function existing(stream: Stream): Promise<StreamInfo | undefined> {
  try {
    return await streamInfo(stream);
  } catch (error) {
    if (isApiError(error, apiCodes.streamNotFound)) return undefined;
    throw asConfigError(error, `opening stream "${stream.name}"`);
  }
}

async function created(stream: Stream, settings: CreateSettings): Promise<StreamInfo> {
  const { name } = stream;
  if (!settings.create) throw new ConfigError(`stream "${name}" does not exist`);
  const config = newStreamConfig({ name, storeId: newId(), ...settings });
  try {
    return await callApi<StreamInfo>(stream, `STREAM.CREATE.${name}`, config);
  } catch (error) {
    if (isApiError(error, apiCodes.streamNameInUse)) return newStreamInfo(stream);
    throw asConfigError(error, `creating stream "${name}"`);
  }
}
