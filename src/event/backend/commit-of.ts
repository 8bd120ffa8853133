import { type CodecSet, Commit } from "../commit.ts";
import type { DomainEvent, Family } from "../family.ts";
import { isJetfoldError } from "../errors.ts";
import type { StoredCommit } from "../replay.ts";
import { decodeFrame } from "../wire/frame-format.ts";
import { readFrame } from "./read-frame.ts";
import { locationOf, type StoredMessage } from "./stored-message.ts";

/**
 * The commit in a message, with all its events, proved by itself: checksum and identity.
 * @throws {@link PoisonError} or {@link CorruptError}
 */
export function commitOf<Event extends DomainEvent>(
  message: StoredMessage,
  family: Family,
  codecs: CodecSet,
): Commit<Event> {
  return new Commit<Event>(message, readFrame(message), family, codecs);
}

/** As {@link commitOf}; undefined when it is not the commit of this aggregate, or none. */
export function commitIn<Event extends DomainEvent>(
  message: StoredMessage,
  family: Family,
  codecs: CodecSet,
): Commit<Event> | undefined {
  try {
    const frame = decodeFrame(message.payload, locationOf(message));
    if (!frame.isOf(message.family, message.id)) return undefined;
    return new Commit<Event>(message, frame, family, codecs);
  } catch (error) {
    if (isJetfoldError(error, "poison") || isJetfoldError(error, "corrupt")) return undefined;
    throw error;
  }
}

/** See `Replay.stored`, of a backend's pages of one aggregate's messages. */
export async function* storedCommits<Event extends DomainEvent>(
  pages: AsyncIterable<readonly StoredMessage[]>,
  family: Family,
  codecs: CodecSet,
): AsyncGenerator<readonly StoredCommit<Event>[], void, undefined> {
  for await (const page of pages) {
    yield page.map((message) => storedCommit<Event>(message, family, codecs));
  }
}

function storedCommit<Event extends DomainEvent>(
  message: StoredMessage,
  family: Family,
  codecs: CodecSet,
): StoredCommit<Event> {
  const { sequence, timeMs } = message;
  try {
    const commit = commitOf<Event>(message, family, codecs);
    return { sequence, timeMs, commit, error: undefined };
  } catch (error) {
    if (!(isJetfoldError(error, "poison") || isJetfoldError(error, "corrupt"))) throw error;
    return { sequence, timeMs, commit: undefined, error };
  }
}
