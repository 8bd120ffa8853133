import {
  defineProjection,
  type Envelope,
  type EventStore,
  execute,
  kvCheckpoints,
  observe,
  type Projection,
  type Running,
} from "jetfold";
import { Counter, type Counted, CounterEvents as family } from "../faults/counter.ts";

/** A read model that only remembers what it was given. */
export class Model {
  readonly seen: string[] = [];
  failing: Error | undefined;

  handle = ({ id, revision }: Envelope<Counted>): void => {
    if (this.failing !== undefined) throw this.failing;
    this.seen.push(`${id}:${revision}`);
  };

  projection(version = 1): Projection<typeof family> {
    const { handle } = this;
    return defineProjection({ name: "list", version, events: family, project: handle });
  }
}

/** One more event for an aggregate; gives the sequence of its commit. */
export async function count(store: EventStore, id = "a"): Promise<number> {
  const { head } = await execute(store, Counter, id, { by: "w", step: 1 });
  return head.sequence;
}

/** Run it with checkpoints in the store. */
export function start(store: EventStore, model: Model, version = 1): Running {
  return observe(store, model.projection(version), {
    checkpoints: kvCheckpoints(store),
  });
}
