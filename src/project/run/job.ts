import type { EventStore } from "../../event/index.ts";
import { backOff, deadlineIn } from "../../event/backend/index.ts";
import type { CheckpointKeeper } from "../checkpoints/keeper.ts";
import type { Aside } from "../parking/aside.ts";
import type { Projection } from "../projection.ts";
import type { CommitHandler } from "./commit-handler.ts";
import type { Hand } from "./hand.ts";
import { causeOf, isOutage } from "./handler-failure.ts";
import type { Ledger } from "./ledger.ts";
import type { Status } from "./status.ts";

/** A projection that is at work, once its checkpoint is taken up. */
export interface Job<Tx> {
  readonly store: EventStore;
  readonly projection: Projection<never, Tx>;
  /** See `Checkpoints.home`. */
  readonly home: string | undefined;
  /** A step's work is rolled back when it fails. */
  readonly transactional: boolean;
  readonly keeper: CheckpointKeeper<Tx>;
  readonly handler: CommitHandler<Tx>;
  /** What is handled. */
  readonly hand: Hand;
  /** The commit whose side effects are done. */
  readonly effectHand: Hand;
  readonly ledger: Ledger;
  readonly aside: Aside;
  readonly status: Status;
  /** Aborts when it is to stop. */
  readonly signal: AbortSignal;
  /**
   * To be called before anything is begun.
   * @throws the signal's reason, when another process may have taken over
   */
  assertHeld(): void;
  /** To be called with what it fails at outside of its loop, as after that: it stops. */
  readonly onError: (error: unknown) => Promise<void>;
  /** Queries are to read this version, and its side effects are done. */
  active: boolean;
  /** What is set aside may owe side effects that nobody is about to do. */
  owes: boolean;
  /** All that was stored when it began has been handled. */
  caughtUp: boolean;
}

/** How an outage is waited for, in milliseconds. */
const outagePace = { firstMs: 50, longestMs: 5_000 };

/** Try until what is needed is there. @throws the signal's reason; what is no outage */
export async function throughOutages<T>(
  { status, signal }: Pick<Job<never>, "status" | "signal">,
  attempt: () => Promise<T>,
): Promise<T> {
  for (let outages = 0; ; outages++) {
    try {
      const value = await attempt();
      if (outages > 0) status.goesOn();
      return value;
    } catch (error) {
      if (!isOutage(error) || signal.aborted) throw error;
      status.hindered("waiting", causeOf(error));
      await backOff(outages, deadlineIn(Infinity), signal, outagePace);
    }
  }
}
