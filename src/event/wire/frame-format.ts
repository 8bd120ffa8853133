import { ChecksumError } from "./checksum.ts";
import { CorruptError, PoisonError, type Location } from "../errors.ts";
import { repairHint } from "../errors/location.ts";
import type { Content, EncodedFrame, Frame, Place } from "./frame.ts";
import { decodeBinaryFrame, encodeBinaryFrame, isBinaryFrame } from "./frame-binary.ts";
import { decodeJsonFrame, encodeJsonFrame, isJsonFrame } from "./frame-json.ts";

/** Put a commit's content in its place. */
export function encodeFrame(place: Place, content: Content): EncodedFrame {
  return content.codec === "json"
    ? encodeJsonFrame(place, content)
    : encodeBinaryFrame(place, content);
}

/**
 * Take a stored message apart. What it returns are views into `bytes`.
 * @throws {@link PoisonError} when it is no commit of this library
 * @throws {@link CorruptError} when it is one whose checksum does not hold
 */
export function decodeFrame(bytes: Uint8Array, at: Location): Frame {
  const binary = isBinaryFrame(bytes);
  if (!binary && !isJsonFrame(bytes)) {
    throw new PoisonError(at, `not a commit of this store${repairHint}`);
  }
  try {
    return binary ? decodeBinaryFrame(bytes) : decodeJsonFrame(bytes);
  } catch (cause) {
    if (cause instanceof ChecksumError) throw new CorruptError(at, cause.message);
    const detail = `not a readable commit: ${(cause as Error).message}${repairHint}`;
    throw new PoisonError(at, detail, { cause });
  }
}
