import type { PGlite } from "@electric-sql/pglite";
import {
  type BatchOptions,
  type Checkpoints,
  defineProjection,
  type EventStore,
  type Family,
  kvCheckpoints,
  observe,
  type Projection,
  type Running,
} from "jetfold";
import { postgresCheckpoints } from "jetfold/postgres";
import { counted, CounterEvents as family } from "../faults/counter.ts";

/** Where the checkpoints are kept. */
export type Kind = "the store" | "PostgreSQL";
export const kinds: readonly Kind[] = ["the store", "PostgreSQL"];

/** A read model that notes what it was given. */
export class Notes {
  readonly seen: string[] = [];
  readonly #kind: Kind;
  readonly #postgres: PGlite;

  constructor(kind: Kind, postgres: PGlite) {
    this.#kind = kind;
    this.#postgres = postgres;
  }

  checkpoints(store: EventStore): Checkpoints<never> {
    const inStore = this.#kind === "the store";
    const kept = inStore ? kvCheckpoints(store) : postgresCheckpoints(this.#postgres);
    return kept as Checkpoints<never>;
  }

  projection(batch: BatchOptions = { commits: 10, ms: 10 }): Projection<typeof family, never> {
    return defineProjection({
      name: "notes",
      events: family,
      batch,
      project: ({ id, event }) => void this.seen.push(`${id}:${event.step}`),
    });
  }

  start(store: EventStore, after: 0 | "new" = 0, batch?: BatchOptions): Running {
    const checkpoints = this.checkpoints(store);
    return observe<typeof family, never>(store, this.projection(batch), { checkpoints, after });
  }
}

let written = 0;

/** One more commit, like no other. */
export async function write(store: EventStore, of: Family = family, id = "a"): Promise<number> {
  const events = [counted("w", ++written)];
  return (await store.publish({ family: of, id, expect: "any", events })).head.sequence;
}

/** The same until the stream ends there. */
export async function writeUpTo(
  store: EventStore,
  end: number,
  of: Family = family,
): Promise<void> {
  while ((await write(store, of)) < end);
}

/** Handle all there is, and stop. */
export async function run(running: Running): Promise<void> {
  await running.caughtUp();
  await running.stop();
}
