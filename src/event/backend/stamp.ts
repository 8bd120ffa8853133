import { checksumOf } from "../wire/checksum.ts";

/** See `Replay.stampAt`: of a message's payload alone, so that an exact copy of a stream keeps it. */
export function stampOf(payload: Uint8Array): string {
  return checksumOf(payload).toString(16).padStart(8, "0");
}
