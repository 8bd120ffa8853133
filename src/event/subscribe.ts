import type { Commit } from "./commit.ts";
import type { Envelope } from "./envelope.ts";
import type { DomainEvent } from "./family.ts";
import type { PoisonPolicy } from "./poison-policy.ts";
import type { EventOf, Selectable } from "./selection.ts";
import type { Sequence } from "./sequence.ts";

/** Reads what is stored and then what comes. */
export interface Subscribe {
  /**
   * The selected events from after `after`, in the order of their sequences: first history, then
   * live, without a gap or a repeat between or within. Endless: it ends when the signal aborts
   * (without an error), on `break`, when its iterator's `return` is called (at once, also while an
   * item is waited for), or by throwing. Node's `pipeline` does not call that on what is no stream:
   * give it `Readable.from(subscription)`. Survives reconnects and server restarts. A slow reader slows the
   * server's sending, not this process's memory.
   *
   * Where something is truncated that is still to be delivered, `deliveries()` give the base in its
   * place, marked (`hole`, `missing`), as they do behind `after`. Events alone can't tell of it and end
   * with an error; so does either where there is no base. What of many aggregates was cut before a
   * subscription from the start began is not part of it.
   *
   * @throws {@link CorruptError} when the stream was replaced, or rewound below what was delivered
   * @throws {@link TruncatedError} when history was cut behind `after` or before it was delivered, and
   *   events are read or there is no base; when one aggregate's events are read from the start, which
   *   was cut
   * @throws {@link PoisonError} per `poison`
   * @throws {@link ClosedError} when the connection is closed for good
   */
  subscribe<S extends Selectable>(
    selection: S,
    options?: SubscribeOptions,
  ): Subscription<EventOf<S>>;
}

/** Where a subscription begins, and how it ends. */
export interface SubscribeOptions {
  /** Exclusive. `"new"`: only what is stored after the call began. @default 0, everything */
  readonly after?: Sequence | "new";
  /** What to do with what this reader cannot use. @default "fail" */
  readonly poison?: PoisonPolicy;
  readonly signal?: AbortSignal;
  /**
   * Called once, between two events: everything that was stored when the subscription began has
   * been delivered. `sequence` is the position reached. What it throws is a warning.
   */
  readonly onCaughtUp?: (sequence: Sequence) => void;
  /**
   * Called when delivery is interrupted (a lost connection, a silent server, a deleted consumer),
   * with why, and with nothing once it goes on. Nothing is lost by it: a subscription waits as long as
   * its connection does, whether it is live, still in history, or just begins. Of a server that is
   * silent it is told after 5 s, in history after 15 s. What it throws is a warning.
   */
  readonly onOutage?: (cause: Error | undefined) => void;
}

/** An endless stream of events; nothing is asked of the server before it is iterated. */
export interface Subscription<Event extends DomainEvent> extends AsyncIterable<Envelope<Event>> {
  /** The same, commit by commit, with the marks between them. */
  deliveries(): AsyncIterable<Delivery<Event>>;
  /** Those as they come, some at a time: for a reader that handles many together. */
  batches(): AsyncIterable<readonly Delivery<Event>[]>;
}

/** What a subscription delivers: a commit, or a mark; `kind` tells which. */
export type Delivery<Event extends DomainEvent> = Commit<Event> | Mark;

/** Not an event: how far the subscription has come, also over what is not selected. */
export interface Mark {
  readonly kind: "mark";
  /** Every selected commit at or below this sequence has been delivered. */
  readonly sequence: Sequence;
  /** Everything that was stored when the subscription began has been delivered. */
  readonly caughtUp: boolean;
}
