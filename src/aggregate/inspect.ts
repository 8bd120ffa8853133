import { checkOptions, isSignal, type Rules } from "../event/arguments.ts";
import type { DomainEvent, EventStore, ReadOptions } from "../event/index.ts";
import { checkId, NotFoundError } from "../event/index.ts";
import type { Foldable } from "./aggregate.ts";
import { Examination, type Inspection } from "./examination.ts";
import { readSnapshot } from "./snapshot.ts";
import { checkKind, checkStore } from "../event/kinds.ts";

/** How an aggregate is inspected. */
export type InspectOptions = Pick<ReadOptions, "signal">;

/**
 * Look through everything that is stored of an aggregate, also where it can't be read, and tell what
 * is wrong with it. Changes nothing. Reads all of its messages, and keeps those with faults.
 * @throws {@link NotFoundError} when nothing is stored of it
 */
export async function inspect<State, Event extends DomainEvent>(
  store: EventStore,
  aggregate: Foldable<State, Event>,
  id: string,
  options: InspectOptions = {},
): Promise<Inspection<State>> {
  checkStore(store, "stored");
  checkKind("aggregate", aggregate);
  checkOptions("inspect", options, inspectRules);
  const { events } = aggregate;
  const snapshot = await readSnapshot(store, aggregate, checkId(id), options.signal);
  const examination = new Examination(aggregate, id, snapshot);
  for await (const message of store.stored(events, id, options)) examination.add(message);
  if (examination.messages === 0) throw new NotFoundError({ family: events.name, id });
  return examination.result();
}

const inspectRules: Rules<InspectOptions> = { signal: isSignal };
