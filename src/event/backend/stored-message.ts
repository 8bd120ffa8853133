import type { CommitLocation } from "../errors.ts";
import type { Sequence } from "../sequence.ts";

/** A message as a backend stores it: its subject's tokens and its payload, nothing decoded. */
export interface StoredMessage {
  readonly sequence: Sequence;
  /** When it was stored, in milliseconds since 1970. */
  readonly timeMs: number;
  readonly family: string;
  readonly id: string;
  readonly payload: Uint8Array;
}

/** Where a message lies, for an error. */
export function locationOf({ family, id, sequence }: StoredMessage): CommitLocation {
  return { kind: "commit", family, id, sequence };
}
