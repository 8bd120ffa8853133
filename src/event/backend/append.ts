import type { Codec } from "../codec/codec.ts";
import type { Deadline } from "./deadline.ts";
import type { ReadOptions, Replay } from "../replay.ts";
import type { Sequence } from "../sequence.ts";

/** What a backend must be able to do so that {@link publishCommits} can publish on it. */
export interface AppendTarget extends Pick<Replay, "last" | "at" | "replay"> {
  /** The codec new commits are written with. */
  readonly codec: Codec;
  /** The largest message it stores, in bytes, headers included; and what the headers take. */
  readonly maxMessageBytes: number;
  readonly headerBytes: number;
  /** What the leader shows may be old for a moment: a deposed one answers until it knows. */
  readonly replicated: boolean;
  /**
   * Who holds a sequence: told by its message alone, as the leader has it; undefined when there is
   * none (any more).
   */
  occupant(
    sequence: Sequence,
    message: Pick<NewMessage, "family" | "id" | "commitId">,
    options: ReadOptions,
  ): Promise<Occupant | undefined>;
  /** Was what lay at a sequence certainly deleted? Who says so has seen what was stored after it. */
  isDeleted(sequence: Sequence, options: ReadOptions): Promise<boolean>;
  /** @throws {@link ClosedError} once the store is closed */
  assertOpen(): void;
  /**
   * Wait until the store is certainly still the one that was opened, where that is in doubt; nothing
   * is sent before.
   * @returns undefined where it is not in doubt
   * @throws what is wrong with it; {@link UnavailableError} when the deadline is over
   */
  trust?(deadline: Deadline, signal: AbortSignal | undefined): Promise<void> | undefined;
  /**
   * Try once to store these messages: all, side by side, or none; each only if its aggregate's last
   * sequence is as expected. Whoever sends the same messages again gets the same answer or worse,
   * never a second copy.
   * @param deadline - when it is over the outcome is unknown at the latest. The backend says so
   *   earlier when an answer is overdue and nothing of the messages is on its way any more
   * @throws {@link ConfigError}, {@link UnavailableError} or {@link InvalidInputError} only when
   *   nothing can have been stored
   */
  append(
    messages: readonly NewMessage[],
    deadline: Deadline,
    signal: AbortSignal | undefined,
  ): Promise<Appended>;
}

/** What lies at a sequence, compared with a message that is to be stored. */
export interface Occupant {
  readonly sameAggregate: boolean;
  /** The backend remembers it under the message's commit id, whatever it holds. */
  readonly sameCommitId: boolean;
}

/** A message to be stored. */
export interface NewMessage {
  readonly family: string;
  readonly id: string;
  /** The last sequence its aggregate must have; 0 for none. */
  readonly expected: Sequence;
  readonly commitId: string;
  /**
   * Whether the backend may remember the commit id, to tell a retry by it. An import asks for false:
   * it keeps no commit from being stored twice that the expectation does not keep already.
   */
  readonly remembered: boolean;
  readonly payload: Uint8Array;
}

/**
 * What is known after one attempt.
 * - stored: here is the sequence of the last message
 * - duplicate: the backend remembers the commit id; `sequence` (if told) is where it was stored
 * - conflict: an expectation did not hold as the backend saw it, which is no proof that nothing was stored
 * - unknown: no usable answer; `final` when another attempt can't get one either, `unserved` when
 *   nobody was there to take the messages, so that nothing was stored
 */
export type Appended =
  | { readonly kind: "stored"; readonly sequence: Sequence }
  | { readonly kind: "duplicate"; readonly sequence: Sequence | undefined }
  | { readonly kind: "conflict" }
  | {
      readonly kind: "unknown";
      readonly cause: unknown;
      readonly final?: boolean;
      readonly unserved?: boolean;
    };
