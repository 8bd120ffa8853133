import { valueText } from "../event/error-text.ts";
import { copiesOf, copyOf, copyWhole } from "../event/copy.ts";
import { orAbort } from "../event/backend/index.ts";
import { isList } from "../event/is-list.ts";
import type { Turn } from "../event/turns.ts";
import {
  ConfigError,
  type DomainEvent,
  isRejection,
  type Metadata,
  newId,
  RejectedError,
} from "../event/index.ts";
import type { Aggregate, ProcessContext } from "./aggregate.ts";
import type { Ending } from "./execution.ts";
import type { Root } from "./root.ts";

/** What stays the same over all attempts at one decision. */
export interface DecisionSeed<Services> {
  readonly id: string;
  readonly now: Date;
  readonly metadata: Metadata;
  readonly services: Services;
  readonly ending: Pick<Ending, "signal" | "assertGoesOn">;
  /** The ids given out so far; the n-th call of every attempt gets the n-th. */
  readonly ids: string[];
}

/**
 * Let an aggregate decide once, on a state and a command of its own: whatever it does to them, the
 * next attempt sees what was stored and given.
 * @returns copies of its events: what it keeps of them and changes later is its own affair
 * @throws {@link RejectedError} when `process` threw a {@link Rejection}
 * @throws {@link ConfigError} when it returned no array
 * @throws the caller's reason, or {@link TimeoutError} when the budget is over, as soon as the seed's
 *   signal aborts: `process` is not waited for any longer
 * @throws whatever else `process` threw, as it is
 * @param turn - is lent to `process` as long as that has not settled
 */
export async function decide<State, Command, Event extends DomainEvent, Services>(
  aggregate: Aggregate<State, Command, Event, Services>,
  root: Root<State>,
  command: Command,
  seed: DecisionSeed<Services>,
  turn?: Turn,
): Promise<readonly Event[]> {
  let events: readonly Event[];
  try {
    const context = contextOf(seed, root);
    const deciding = aggregate.process(copyOf(root.state), copyWhole(command), context);
    events = Array.isArray(deciding) ? deciding : await settled(deciding, seed, turn);
  } catch (cause) {
    seed.ending.assertGoesOn(`"process" of ${aggregate.events.name} "${seed.id}"`);
    if (!isRejection(cause)) throw cause;
    throw new RejectedError({ family: aggregate.events.name, id: seed.id }, cause);
  }
  if (isList(events)) return copiesOf(events);
  const got = valueText(events);
  throw new ConfigError(
    `aggregate "${aggregate.events.name}": process must return an array of events, got ${got}`,
  );
}

/** What `process` decides later; whoever never answers is not waited for. */
async function settled<Event>(
  deciding: readonly Event[] | Promise<readonly Event[]>,
  { ending }: DecisionSeed<unknown>,
  turn: Turn | undefined,
): Promise<readonly Event[]> {
  turn?.lend();
  try {
    return await orAbort(Promise.resolve(deciding), ending.signal);
  } finally {
    turn?.giveBack();
  }
}

function contextOf<Services>(
  seed: DecisionSeed<Services>,
  { head: { revision } }: Root<unknown>,
): ProcessContext<Services> {
  let given = 0;
  return {
    id: seed.id,
    revision,
    now: new Date(seed.now),
    newId: () => (seed.ids[given++] ??= newId()),
    metadata: copyOf(seed.metadata),
    services: seed.services,
    get signal() {
      return seed.ending.signal;
    },
  };
}
