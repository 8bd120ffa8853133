import { CorruptError } from "../errors.ts";
import { decodeFrame } from "../wire/frame-format.ts";
import type { Frame } from "../wire/frame.ts";
import { locationOf, type StoredMessage } from "./stored-message.ts";

/**
 * Take a message apart and check that it is what its subject says.
 * @throws {@link PoisonError} or {@link CorruptError}
 */
export function readFrame(message: StoredMessage): Frame {
  const frame = decodeFrame(message.payload, locationOf(message));
  if (frame.isOf(message.family, message.id)) return frame;
  throw new CorruptError(
    locationOf(message),
    `it says that it belongs to ${frame.family}.${frame.id}`,
  );
}
