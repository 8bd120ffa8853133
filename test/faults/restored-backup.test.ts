import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StreamChangedError, execute, read, readAfter, snapshotAndTruncate, write } from "jetfold";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Counter, counted, CounterEvents } from "./counter.ts";
import { consumersOf, follow, projectAll } from "./follower.ts";
import { Site, storeName } from "./site.ts";
import { flawsOf, storedLog, streamState } from "./stored-log.ts";
import { until, within } from "./until.ts";

const id = "a";

let site: Site;
let backup: string;
beforeAll(async () => {
  site = await Site.start(1);
  backup = await mkdtemp(join(tmpdir(), "jetfold-backup-"));
});
afterAll(async () => {
  await site.close();
  await rm(backup, { recursive: true, force: true });
});

test("a server goes back to a backup: whoever knows what is lost is told so", async () => {
  const { store, connection } = await site.client(storeName());
  const { server } = site;
  const count = (n: number): Promise<unknown> => execute(store, Counter, id, { by: "w", step: n });
  for (let n = 1; n <= 10; n++) await count(n);
  await server.stop();
  await cp(server.storeDir, backup, { recursive: true });
  await server.restart();

  const follower = follow(store, CounterEvents);
  const projected = projectAll(store, CounterEvents);
  for (let n = 11; n <= 20; n++) await count(n);
  const lost = await read(store, Counter, id, { fresh: "leader" });
  await follower.reached(lost.head.sequence);
  await projected.running.reached(lost.head.sequence);
  await until("a consumer each", async () => {
    return (await consumersOf(connection, store.name)).length === 2;
  });
  await server.kill();
  await rm(server.storeDir, { recursive: true });
  await cp(backup, server.storeDir, { recursive: true });
  await server.restart();
  const state = await until("the client to come back", () =>
    streamState(connection, store.name).catch(() => undefined),
  );
  expect(state.last_seq).toBe(10);

  const error = await within("the subscription's end", follower.ended);
  expect(error).toBeInstanceOf(StreamChangedError);
  expect(String(error)).toMatch(/rewound/);
  await expect(within("the projection's end", projected.running.done)).rejects.toThrow(
    StreamChangedError,
  );

  // The store that knows what is lost does nothing more, and says so.
  const refused = [
    write(store, Counter, lost, [counted("w", 21)]),
    snapshotAndTruncate(store, Counter, lost),
    read(store, Counter, id),
    readAfter(store, Counter, lost),
    count(21),
  ];
  for (const call of refused) await expect(call).rejects.toThrow(/was rewound: it ends at 10/);
  expect((await streamState(connection, store.name)).last_seq).toBe(10);

  // Opened anew it goes on, and what is written now is whole.
  const later = await site.open(connection, store.name);
  for (let n = 11; n <= 13; n++) await execute(later, Counter, id, { by: "w", step: n });
  expect((await read(later, Counter, id)).state).toEqual({ count: 13, last: "w:13" });
  expect(flawsOf(await storedLog(connection, store.name))).toEqual([]);
});
