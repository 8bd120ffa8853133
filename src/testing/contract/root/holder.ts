import assert from "node:assert/strict";
import { type Aggregate, defineAggregate, read } from "../../../aggregate/index.ts";
import { msgpackCodec } from "../../../event/index.ts";
import type { CaseContext, CaseDefinition } from "../contract-case.ts";
import { type LedgerEvent, LedgerEvents, noted } from "../contract-events.ts";

/** All that can be changed in place. */
export interface Held {
  readonly list: string[];
  readonly at: Date;
  readonly bytes: Uint8Array;
}

/** A state of such values. */
export interface Holding {
  held: Held[];
}

/** Values of its own each time: they are changed. */
export function held(): Held {
  return { list: ["a"], at: new Date(1_000), bytes: Uint8Array.of(1, 2) };
}

/** Change a value in every way there is. */
export function spoil({ list, at, bytes }: Held): void {
  list.push("spoilt");
  at.setTime(0);
  bytes.fill(9);
}

/** Its state holds what its events hold; `process` and `apply` do to it what a case says. */
export function holder(
  process: (state: Holding, command: Held) => readonly LedgerEvent[] = (_, command) => [
    noted(command),
  ],
): Aggregate<Holding, Held, LedgerEvent> {
  return defineAggregate({
    events: LedgerEvents,
    initial: (): Holding => ({ held: [] }),
    upcastState: [],
    process,
    apply: (state: Holding, event: LedgerEvent): Holding => {
      if (event.type !== "Noted") return state;
      return { held: [...state.held, event.value as Held] };
    },
  });
}

/** It stores what it is given. */
export const Holder: Aggregate<Holding, Held, LedgerEvent> = holder();

/** However it is read, here and elsewhere, it is what is stored. */
export async function assertHeld(
  { store, open }: CaseContext,
  id: string,
  count: number,
  aggregate: Aggregate<Holding, Held, LedgerEvent> = Holder,
): Promise<void> {
  const state = { held: Array.from({ length: count }, held) };
  const elsewhere = await open({ name: store.name, cachedRoots: 0 });
  assert.deepEqual((await read(elsewhere, aggregate, id, { fresh: "leader" })).state, state);
  for (const fresh of ["cached", "leader"] as const) {
    assert.deepEqual((await read(store, aggregate, id, { fresh })).state, state, fresh);
  }
}

/** Dates and bytes are carried by MessagePack only. */
export const richly: Pick<CaseDefinition, "needs" | "options"> = {
  needs: ["reopen"],
  options: { codec: msgpackCodec },
};
