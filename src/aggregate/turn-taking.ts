import type { EventStore } from "../event/index.ts";
import { delay } from "../event/backend/timer.ts";
import type { Turn } from "../event/turns.ts";
import { keyOf } from "./cached.ts";
import type { Execution } from "./execution.ts";

/**
 * Wait until the commands that came before are done, in this process; those of others are met as
 * conflicts. So of many at once each decides on what the one before it has stored.
 * @returns a promise only where there is something to wait for
 */
export function takeTurn(
  { roots }: EventStore,
  { events }: { readonly events: { readonly name: string } },
  execution: Execution<unknown>,
): Promise<void> | undefined {
  const { seed, ending } = execution;
  const taken = roots.turns.take(keyOf({ events }, seed.id), () => ending.signal);
  if (!(taken instanceof Promise)) return begin(execution, taken);
  return taken.then(
    (turn) => begin(execution, turn),
    (error: unknown) => {
      ending.assertGoesOn(`the command before this one of ${events.name} "${seed.id}"`);
      throw error;
    },
  );
}

/** Another process that wants the same has its chance before that. */
function begin(execution: Execution<unknown>, turn: Turn): Promise<void> | undefined {
  execution.turn = turn;
  const pauseMs = turn.pauseMs();
  return pauseMs > 0 ? delay(pauseMs, { signal: execution.ending.signal }) : undefined;
}
