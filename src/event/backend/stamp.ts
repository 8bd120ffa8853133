import { checksumOf } from "../wire/checksum.ts";

/** A frame ends with its own checksum, and the checksum of both together is the same for all. */
const ownChecksum = 4;

/** See `Replay.stampAt`: of a message's payload alone, so that an exact copy of a stream keeps it. */
export function stampOf(payload: Uint8Array): string {
  const rest = payload.subarray(0, Math.max(0, payload.length - ownChecksum));
  return checksumOf(rest).toString(16).padStart(8, "0");
}
