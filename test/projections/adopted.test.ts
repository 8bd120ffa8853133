import { adoptCheckpoint, type EventStore, observe, type Projection } from "jetfold";
import { describe, expect, test } from "vitest";
import { CounterEvents as family } from "../faults/counter.ts";
import { storeName } from "../faults/site.ts";
import { askApi, streamState } from "../faults/stored-log.ts";
import { within } from "../faults/until.ts";
import { copy, importAll } from "./moved-streams.ts";
import { kinds, Notes, run, write } from "./notes.ts";
import { siteWithPostgres } from "./site-with-postgres.ts";

const shared = siteWithPostgres();

describe.each(kinds)("a projection with checkpoints in %s", (kind) => {
  /** The aggregates of the commits that were handled, in order, and of those that were not. */
  async function twoAggregates(store: EventStore): Promise<Notes> {
    const notes = new Notes(kind, shared.postgres);
    for (let n = 1; n <= 10; n++) await write(store, family, n % 2 ? "a" : "b");
    await run(notes.start(store));
    for (let n = 1; n <= 6; n++) await write(store, family, n % 2 ? "a" : "b");
    return notes;
  }

  /** Refused first, if it is known to be another's; once adopted, it goes on. */
  async function moved(notes: Notes, old: EventStore, store: EventStore): Promise<void> {
    const checkpoints = notes.checkpoints(old);
    const projection = notes.projection() as Projection<never, never>;
    const start = () => observe<never, never>(store, projection, { checkpoints });
    const from = old.name;
    if (kind === "the store" || from === store.name) {
      const wrong = start();
      await expect(within("the end", wrong.done, 5_000)).rejects.toThrow(/adopt it/);
    }
    expect(await adoptCheckpoint(store, projection, checkpoints, { from })).toBe(10);
    await run(start());
    await write(store);
    await run(start());
    const steps: string[] = [];
    for await (const { id, event } of store.replay(family)) steps.push(`${id}:${event.step}`);
    expect(notes.seen).toEqual(steps);
  }

  test("goes on in an exact copy of another name, once its checkpoint is adopted", async () => {
    const old = await shared.site.client(storeName());
    const notes = await twoAggregates(old.store);
    const { store, connection } = await shared.site.client(storeName());
    await copy(old, store.name, 16);
    expect((await streamState(connection, store.name)).last_seq).toBe(16);
    await moved(notes, old.store, store);
  });

  test("goes on in an exact copy of the same name, once its checkpoint is adopted", async () => {
    const old = await shared.site.client(storeName());
    const notes = await twoAggregates(old.store);
    const { name } = old.store;
    const spare = await shared.site.client(storeName());
    await copy(old, spare.store.name, 16);
    await askApi(old.connection, `STREAM.DELETE.${name}`);
    const { store } = await shared.site.client(name);
    await copy(spare, name, 16);
    await moved(notes, old.store, store);
  });

  test("goes on in an import of what was imported, once its checkpoint is adopted", async () => {
    const first = await shared.site.client(storeName());
    for (let n = 1; n <= 10; n++) await write(first.store, family, n % 2 ? "a" : "b");
    const old = await shared.site.client(storeName());
    await importAll(first.store, old.store);
    const notes = new Notes(kind, shared.postgres);
    await run(notes.start(old.store));
    for (let n = 1; n <= 6; n++) await write(old.store, family, n % 2 ? "a" : "b");
    const { store } = await shared.site.client(storeName());
    await importAll(old.store, store);
    await moved(notes, old.store, store);
  });

  test("goes on in an import, once its checkpoint is adopted", async () => {
    const old = await shared.site.client(storeName());
    const notes = await twoAggregates(old.store);
    const { store } = await shared.site.client(storeName());
    await importAll(old.store, store);
    await moved(notes, old.store, store);
  });
});
