import type { StreamInfo } from "@nats-io/jetstream";
import { createHash } from "node:crypto";
import type { Sequence } from "../event/index.ts";
import { backOff, type Deadline, deadlineIn } from "../event/backend/index.ts";
import { apiCodes, callApi, isApiError } from "./requests/api.ts";
import { patienceMs } from "./requests/request.ts";
import type { Stream } from "./stream.ts";

/** Where a stream that jetfold has made keeps its store's random id: in its metadata. */
export const storeIdKey = "jetfold_store_id";

/**
 * The id of a stream's store: the one in its metadata. For a stream that somebody else made without
 * one, everybody derives the same from its name and the time of its creation. That stays the same
 * through restarts, elections, another number of replicas and a copy of the server's files, and is
 * new after `STREAM.RESTORE` (nats-server 2.15): then it is another store, unless the metadata say.
 */
export function storeIdOf({ config, created }: Pick<StreamInfo, "config" | "created">): string {
  const given = config.metadata?.[storeIdKey];
  if (given !== undefined) return given;
  const made = createHash("sha256").update(`${config.name} ${created}`);
  return made.digest("hex").slice(0, 32);
}

/** The stream's configuration and state, from its leader. */
export function streamInfo(
  stream: Stream,
  signal?: AbortSignal,
  deadline?: Deadline,
): Promise<StreamInfo> {
  return callApi<StreamInfo>(stream, `STREAM.INFO.${stream.name}`, {}, signal, deadline);
}

/** The sequence of the last message the stream ever stored, from its leader; 0 for none. */
export async function lastSequence(
  stream: Stream,
  signal?: AbortSignal,
  deadline?: Deadline,
): Promise<Sequence> {
  return (await streamInfo(stream, signal, deadline)).state.last_seq;
}

/** The sequence of its oldest message, from its leader; one more than the last when it is empty. */
export async function firstSequence(
  stream: Stream,
  signal?: AbortSignal,
  deadline?: Deadline,
): Promise<Sequence> {
  const { messages, first_seq, last_seq } = (await streamInfo(stream, signal, deadline)).state;
  return messages === 0 ? last_seq + 1 : first_seq;
}

/**
 * The stream's configuration and state, once it is there: just after it was created by another
 * client, a server of a cluster may not know it for a moment (nats-server 2.15).
 * @throws {@link StreamChangedError} when it stays away for so long
 */
export async function newStreamInfo(
  stream: Stream,
  timeoutMs: number = patienceMs,
): Promise<StreamInfo> {
  const deadline = deadlineIn(timeoutMs);
  for (let attempt = 0; ; attempt++) {
    try {
      return await streamInfo(stream);
    } catch (error) {
      const early = isApiError(error, apiCodes.streamNotFound) && deadline.leftMs() > 0;
      if (!early) throw error;
      await backOff(attempt, deadline, undefined);
    }
  }
}
