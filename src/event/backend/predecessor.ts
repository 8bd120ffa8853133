import { CorruptError, PoisonError } from "../errors.ts";
import type { Frame } from "../wire/frame.ts";
import type { Reading } from "./commit-reader.ts";
import type { Continuity } from "./continuity.ts";
import { readFrame } from "./read-frame.ts";
import { locationOf, type StoredMessage } from "./stored-message.ts";

/**
 * Is the commit that a message names as the one before it gone? What else lies in its place tells
 * that the stream was copied, and its commits moved.
 * @throws {@link CorruptError} when it lies there, and was passed over
 */
export async function isPredecessorGone(
  message: StoredMessage,
  frame: Frame,
  continuity: Continuity,
  { at }: Reading,
): Promise<boolean> {
  const link = frame.links[0]!;
  const found = await at(link);
  if (found === undefined) return true;
  if (found.family === message.family && found.id === message.id) {
    if (checksumIn(found) === frame.previousChecksum) {
      const text = `the commit before it, at ${link}, is stored and was not delivered`;
      throw new CorruptError(locationOf(message), text);
    }
  }
  continuity.distrustLinks();
  return false;
}

/** Undefined when it is no sound commit. */
function checksumIn(message: StoredMessage): number | undefined {
  try {
    return readFrame(message).checksum;
  } catch (error) {
    if (error instanceof PoisonError || error instanceof CorruptError) return undefined;
    throw error;
  }
}
