import { type CodecSet, Commit } from "../commit.ts";
import type { DomainEvent, Family } from "../family.ts";
import { readFrame } from "./commit-reader.ts";
import type { StoredMessage } from "./stored-message.ts";

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
