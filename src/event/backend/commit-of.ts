import { type CodecSet, Commit } from "../commit.ts";
import type { DomainEvent, Family } from "../family.ts";
import { isJetfoldError } from "../errors.ts";
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
