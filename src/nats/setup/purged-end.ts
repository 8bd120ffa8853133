import type { StreamInfo } from "@nats-io/jetstream";
import type { Sequence, StoreWarning } from "../../event/index.ts";
import { lastSequence } from "../identity.ts";
import { leaderGet } from "../messages/leader-get.ts";
import type { Stream } from "../stream.ts";

/**
 * What is to be said of a stream whose last message is gone: an aggregate's last commit is never
 * truncated, so no store has deleted it.
 */
export async function purgedEnd(
  stream: Stream,
  { config, state }: Pick<StreamInfo, "config" | "state">,
): Promise<StoreWarning | undefined> {
  const { messages, last_seq: last } = state;
  if (isNew({ config, state })) return undefined;
  if (messages === 0) return warning(emptied(last));
  if ((await leaderGet(stream, { seq: last })) !== undefined) return undefined;
  // It is truncated as soon as its aggregate goes on.
  return (await lastSequence(stream)) === last ? warning(cut(last)) : undefined;
}

/** Was nothing ever stored in it? A stream may be made to begin at a later sequence than 1. */
export function isNew({ config, state }: Pick<StreamInfo, "config" | "state">): boolean {
  return state.last_seq < Math.max(1, config.first_seq ?? 1);
}

function warning(message: string): StoreWarning {
  return { code: "stream", message };
}

function emptied(last: Sequence): string {
  return (
    `the stream is empty, and had messages up to ${last}: it was purged, and not by a store. Restore ` +
    "it from a backup; or go on, if that was meant: each aggregate begins again, and projections " +
    "are to be dropped, or raised to a new version"
  );
}

function cut(last: Sequence): string {
  return (
    `the last message of the stream, ${last}, was deleted, and not by a store: who had not read it ` +
    "will not know of it. If its aggregate was deleted on purpose, nothing is wrong"
  );
}
