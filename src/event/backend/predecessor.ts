import { CorruptError, isJetfoldError } from "../errors.ts";
import type { Sequence } from "../sequence.ts";
import type { Frame } from "../wire/frame.ts";
import type { Continuity } from "./continuity.ts";
import { readFrame } from "./read-frame.ts";
import { locationOf, type StoredMessage } from "./stored-message.ts";

/** Stored messages, as the leader has them, beside those that are read one after the other. */
export interface LookUp {
  /** The message at a sequence; undefined when there is none (any more). */
  at(sequence: Sequence): Promise<StoredMessage | undefined>;
  /** The first message of an aggregate at or after a sequence (inclusive). */
  next(
    aggregate: Pick<StoredMessage, "family" | "id">,
    from: Sequence,
  ): Promise<StoredMessage | undefined>;
  /** An aggregate's messages after a sequence (exclusive), in pages, up to its last one. */
  after(
    aggregate: Pick<StoredMessage, "family" | "id">,
    sequence: Sequence,
  ): AsyncIterable<readonly StoredMessage[]>;
}

/**
 * Is the commit gone that a message names as the one before it? What lies in its place is told by
 * its checksum. Where it lies elsewhere, or another one in its place, the stream was copied, and its
 * commits moved.
 * @throws {@link CorruptError} when it is there, and was passed over
 */
export async function isPredecessorGone(
  message: StoredMessage,
  frame: Frame,
  continuity: Continuity,
  lookUp: LookUp,
): Promise<boolean> {
  const link = frame.links[0]!;
  // A stream that was copied has nothing there, too, once what lay there is truncated.
  const found = (await lookUp.at(link)) ?? (await lastBefore(message, lookUp));
  if (found === undefined) return true;
  if (isPredecessor(found, message, frame)) {
    if (found.sequence > continuity.knownOf(message.id)) {
      const text = `the commit before it, at ${found.sequence}, is stored and was not delivered`;
      throw new CorruptError(locationOf(message), text);
    }
  } else if (found.sequence !== link) return true;
  continuity.distrustLinks();
  return false;
}

/** The aggregate's last message before one of its own. The server tells only which comes next. */
async function lastBefore(
  message: StoredMessage,
  { next }: LookUp,
): Promise<StoredMessage | undefined> {
  let before: StoredMessage | undefined;
  let low = 1;
  let high = message.sequence;
  // After a truncation there is none, which the first question shows.
  for (let middle = low; low < high; middle = Math.floor((low + high) / 2)) {
    const found = await next(message, middle);
    if (found !== undefined && found.sequence < message.sequence) {
      before = found;
      low = found.sequence + 1;
    } else high = middle;
  }
  return before;
}

function isPredecessor(
  found: StoredMessage,
  { family, id }: StoredMessage,
  { previousChecksum }: Frame,
): boolean {
  if (found.family !== family || found.id !== id) return false;
  return checksumIn(found) === previousChecksum;
}

/** Undefined when it is no sound commit. */
function checksumIn(message: StoredMessage): number | undefined {
  try {
    return readFrame(message).checksum;
  } catch (error) {
    if (isJetfoldError(error, "poison") || isJetfoldError(error, "corrupt")) return undefined;
    throw error;
  }
}
