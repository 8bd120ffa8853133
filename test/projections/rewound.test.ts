import { StreamChangedError, type Running } from "jetfold";
import { describe, expect, test } from "vitest";
import { CounterEvents as family, NoiseEvents as noise } from "../faults/counter.ts";
import { consumersOf } from "../faults/follower.ts";
import { type Client, storeName } from "../faults/site.ts";
import { askApi } from "../faults/stored-log.ts";
import { until, within } from "../faults/until.ts";
import { rewindTo } from "./moved-streams.ts";
import { kinds, Notes, run, write, writeUpTo } from "./notes.ts";
import { siteWithPostgres } from "./site-with-postgres.ts";

const shared = siteWithPostgres();

async function refused(running: Running, { store, connection }: Client): Promise<void> {
  // Once it has a consumer, nothing would refuse it any more.
  await until("its end, or that it follows", async () => {
    return running.error !== undefined || (await consumersOf(connection, store.name)).length > 0;
  });
  const end = await store.end(family);
  await running.stop();
  expect(running.error, `at ${running.position} with an end of ${end}`).toBeInstanceOf(
    StreamChangedError,
  );
  expect(String(running.error)).toMatch(/rewound/);
}

describe.concurrent.each(kinds)("a projection with checkpoints in %s", (kind) => {
  /** A client of a store of its own, and the notes of a run over so many commits. */
  async function handled(commits: number): Promise<{ client: Client; notes: Notes }> {
    const client = await shared.site.client(storeName());
    const notes = new Notes(kind, shared.postgres);
    await writeUpTo(client.store, commits);
    await run(notes.start(client.store));
    expect(notes.seen).toHaveLength(commits);
    return { client, notes };
  }

  test("notices a shorter stream, and one that has grown again, further than it was", async () => {
    const { client, notes } = await handled(10);
    const later = await rewindTo(shared.site, client, 6);
    for (const end of [6, 8, 10, 14]) {
      if (end > 6) await writeUpTo(later.store, end);
      await refused(notes.start(later.store), later);
    }
    expect(notes.seen).toHaveLength(10);
  });

  /** The last handled commit at 5, and a checkpoint at 10, beyond what is not selected. */
  async function handledBeyond(): Promise<{ client: Client; notes: Notes }> {
    const { client, notes } = await handled(5);
    const running = notes.start(client.store);
    await writeUpTo(client.store, 10, noise);
    await until("the position", () => running.position === 10);
    await running.stop();
    return { client, notes };
  }

  test("notices it where only what is not selected was lost, and others grew there", async () => {
    const { client, notes } = await handledBeyond();
    const later = await rewindTo(shared.site, client, 7);
    for (const [end, of] of [
      [8, family],
      [12, noise],
      [14, family],
    ] as const) {
      await writeUpTo(later.store, end, of);
      await refused(notes.start(later.store), later);
    }
    expect(notes.seen).toHaveLength(5);
  });

  test("goes on where what is not selected was truncated", async () => {
    const { client, notes } = await handledBeyond();
    const { connection, store } = client;
    await askApi(connection, `STREAM.PURGE.${store.name}`, { filter: `${store.name}.Noise.*` });
    await write(store);
    await run(notes.start(store));
    expect(notes.seen).toHaveLength(6);
  });

  test.each([{}, { keep: 1 }, { seq: 13 }])(
    "notices a purge of what it has handled and more, by %o",
    async (how) => {
      const { client, notes } = await handled(10);
      const { store, connection } = client;
      for (let i = 0; i < 5; i++) await write(store, family, `unread-${i}`);
      await askApi(connection, `STREAM.PURGE.${store.name}`, how);
      const later = await shared.site.open(connection, store.name);
      await write(later, family, "a");
      await write(later, family, "new");
      const running = notes.start(later);
      await until("its end", () => running.error);
      expect(running.error).toBeInstanceOf(StreamChangedError);
      expect(String(running.error)).toMatch(/purged up to the checkpoint.*raise its version/);
      expect(notes.seen).toHaveLength(10);
    },
  );

  test("goes on where the aggregate of what it has handled last was deleted", async () => {
    const { client, notes } = await handled(10);
    const { connection, store } = client;
    await write(store, family, "b");
    await run(notes.start(store));
    await askApi(connection, `STREAM.PURGE.${store.name}`, { filter: `${store.name}.*.b` });
    const later = await shared.site.open(connection, store.name);
    await write(later, family, "b");
    await run(notes.start(later));
    expect(notes.seen).toHaveLength(12);
  });

  test("notices it where commits and what is not selected came in one batch", async () => {
    const client = await shared.site.client(storeName());
    const notes = new Notes(kind, shared.postgres);
    const running = notes.start(client.store, 0, { commits: 100, ms: 3_000 });
    await until("it to be live", () => running.state === "live");
    await writeUpTo(client.store, 5);
    await writeUpTo(client.store, 10, noise);
    await until("the position", () => running.position === 10);
    await running.stop();
    const later = await rewindTo(shared.site, client, 5);
    await writeUpTo(later.store, 14);
    await refused(notes.start(later.store), later);
    expect(notes.seen).toHaveLength(5);
  });

  test("notices it where it began at the end and has handled nothing yet", async () => {
    const client = await shared.site.client(storeName());
    const notes = new Notes(kind, shared.postgres);
    await writeUpTo(client.store, 10);
    await run(notes.start(client.store, "new"));
    const later = await rewindTo(shared.site, client, 6);
    await writeUpTo(later.store, 14);
    await refused(notes.start(later.store), later);
    expect(notes.seen).toEqual([]);
  });

  test("notices it while it runs, where only what is not selected was lost", async () => {
    const { client, notes } = await handled(5);
    const running = notes.start(client.store);
    await writeUpTo(client.store, 10, noise);
    await until("the position", () => running.position === 10);
    const { store } = await rewindTo(shared.site, client, 7);
    await writeUpTo(store, 9);
    await writeUpTo(store, 14, noise);
    await expect(within("the end", running.done, 20_000)).rejects.toThrow(StreamChangedError);
    expect(notes.seen).toHaveLength(5);
  });

  test("notices a stream that was replaced, while it runs and before", async () => {
    const { client, notes } = await handled(10);
    const { connection, store } = client;
    const running = notes.start(store);
    await until("it to be live", () => running.state === "live");
    await askApi(connection, `STREAM.DELETE.${store.name}`);
    const other = await shared.site.open(connection, store.name);
    await writeUpTo(other, 12);
    await expect(within("the end", running.done, 30_000)).rejects.toThrow(StreamChangedError);
    const again = notes.start(other);
    await expect(within("the end", again.done, 5_000)).rejects.toThrow(/checkpoint is of store/);
    expect(notes.seen).toHaveLength(10);
  });
});
