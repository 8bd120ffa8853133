import type { PGlite } from "@electric-sql/pglite";
import {
  type Bucket,
  type Checkpoints,
  ClosedError,
  type EventStore,
  kvCheckpoints,
  memoryCheckpoints,
  UnavailableError,
} from "jetfold";
import { type PooledSql, postgresCheckpoints, type SqlPool } from "jetfold/postgres";

/**
 * What happens at a step: the process is killed before it; what it needs is away; it is carried out
 * and the answer is lost.
 */
export const modes = ["killed", "away", "unanswered"] as const;
export type Mode = (typeof modes)[number];

/** Interrupts a projection once, at one of the steps that it counts: writes, and calls of handlers. */
export class Interruption {
  readonly #mode: Mode;
  readonly #at: number;
  #steps = 0;
  #dead = false;

  /** @param at - which step, from 1; 0: none */
  constructor(mode: Mode = "killed", at: number = 0) {
    this.#mode = mode;
    this.#at = at;
  }

  /** There was such a step. */
  get happened(): boolean {
    return this.#at > 0 && this.#steps >= this.#at;
  }

  /** A write. @param lost - what the answer that is lost is told by */
  async write<T>(carryOut: () => Promise<T>, lost: Error = away()): Promise<T> {
    const hit = this.#count();
    if (hit && this.#mode === "away") throw away();
    const value = await carryOut();
    if (hit && this.#mode === "unanswered") throw lost;
    return value;
  }

  /** A handler is called: only death comes in between. */
  call(): void {
    if (this.#mode === "killed") this.#count();
  }

  /** @throws once the process is dead */
  alive(): void {
    if (this.#dead) throw new ClosedError("killed");
  }

  #count(): boolean {
    this.alive();
    const hit = ++this.#steps === this.#at;
    if (hit && this.#mode === "killed") this.#dead = true;
    this.alive();
    return hit;
  }
}

function away(): Error {
  return new UnavailableError("away for a moment");
}

/** The same store, whose bucket of projections meets the interruption. */
function interruptedStore(store: EventStore, by: Interruption): EventStore {
  const bucket = store.projections;
  const counts = (key: string): boolean => /^(?:checkpoint|active|parked)\./.test(key);
  const projections: Bucket = {
    get: async (key, options) => (by.alive(), bucket.get(key, options)),
    put: async (key, value, expected) => {
      by.alive();
      const put = () => bucket.put(key, value, expected);
      return counts(key) ? by.write(put) : put();
    },
    remove: async (key) => {
      by.alive();
      const remove = () => bucket.remove(key);
      return counts(key) ? by.write(remove) : remove();
    },
    keys: () => bucket.keys(),
  };
  return new Proxy(store, {
    get(target, member) {
      if (member === "projections") return projections;
      const value: unknown = Reflect.get(target, member, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** A PGlite as a pool of one connection, whose COMMIT meets the interruption. */
function interruptedPool(postgres: PGlite, by: Interruption): SqlPool {
  let free: Promise<unknown> = Promise.resolve();
  return {
    async connect(): Promise<PooledSql> {
      let release!: () => void;
      by.alive();
      const before = free;
      free = new Promise<void>((resolve) => (release = resolve));
      await before;
      const lost = Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });
      return {
        async query(text, values): Promise<never> {
          // As pg does: without values the statements may be several, and so are the results.
          const query = (): Promise<unknown> =>
            values === undefined ? postgres.exec(text) : postgres.query(text, values);
          if (text !== "COMMIT") return (await query()) as never;
          try {
            return (await by.write(query, lost)) as never;
          } catch (error) {
            await postgres.query("ROLLBACK");
            throw error === lost ? error : Object.assign(new Error("cut"), { code: "ECONNRESET" });
          }
        },
        release: () => release(),
      };
    },
  };
}

/** Memory checkpoints, whose writes meet the interruption. */
function interruptedMemory(kept: Checkpoints, by: Interruption): Checkpoints {
  return {
    ...kept,
    async resume(owner) {
      by.alive();
      const resumed = await kept.resume(owner);
      const { at, parked, active } = resumed;
      // Nothing is in between here that could lose an answer.
      const meet = async <T>(carryOut: () => Promise<T>): Promise<T> => {
        await by.write(async () => undefined);
        return carryOut();
      };
      return {
        ...{ at, parked, active },
        write: (step) => meet(() => resumed.write(step)),
        activate: (step) => meet(() => resumed.activate(step)),
      };
    },
  };
}

export const kinds = ["memory", "the store", "PostgreSQL"] as const;
export type Kind = (typeof kinds)[number];

/** Where checkpoints are kept, for one process after the other. */
export function homeOf(
  kind: Kind,
  postgres: PGlite,
  schema: string,
): (store: EventStore, by: Interruption) => Checkpoints<never> {
  const memory = memoryCheckpoints();
  return (store, by) => {
    if (kind === "the store") return kvCheckpoints(interruptedStore(store, by)) as never;
    if (kind === "memory") return interruptedMemory(memory, by) as never;
    return postgresCheckpoints(interruptedPool(postgres, by), { schema }) as never;
  };
}
