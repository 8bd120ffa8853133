import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { importCommits, type Imported } from "../../src/import/index.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CounterEvents } from "./counter.ts";
import { countersToImport, importedCommits, importedCounters } from "./imported-counters.ts";
import { cycles } from "./long.ts";
import { randomFrom, seedOf } from "./seed.ts";
import { Site, storeName } from "./site.ts";
import { askApi, flawsOf, storedLog, streamState } from "./stored-log.ts";
import { until, within } from "./until.ts";

let site: Site;
beforeAll(async () => {
  site = await Site.start(1);
});
afterAll(() => site.close());

/** Begin the import in a process of its own. */
function begin(name: string): ChildProcess {
  const script = fileURLToPath(new URL("./import-child.ts", import.meta.url));
  const options = ["--import", "tsx", "-C", "@jetfold/source"];
  return spawn(process.execPath, [...options, script, site.server.url, name], {
    stdio: ["ignore", "pipe", "inherit"],
  });
}

test("an import that is killed again and again ends with everything once and in order", async () => {
  const name = storeName();
  const { store, connection } = await site.client(name);
  const seed = seedOf();
  const random = randomFrom(seed);
  const kills = cycles(3);
  let stored = 0;
  for (let kill = 1; kill <= kills; kill++) {
    // Somewhere in the next part of what is left, so that there is something left for the last one.
    const left = importedCommits - stored;
    const goal = stored + Math.ceil((left * (0.1 + 0.6 * random())) / (kills - kill + 1));
    const child = begin(name);
    const exited = once(child, "exit");
    try {
      await until(`seed ${seed}: ${goal} commits`, async () => {
        return (await streamState(connection, name)).last_seq >= goal;
      });
    } finally {
      child.kill("SIGKILL");
    }
    await within("the child's end", exited);
    const { messages } = await streamState(connection, name);
    expect(messages, `seed ${seed}, kill ${kill}`).toBeGreaterThan(stored);
    stored = messages;
  }
  expect(stored, `seed ${seed}`).toBeLessThan(importedCommits);

  const child = begin(name);
  const said = await within("the last import", text(child.stdout!), 40_000);
  const imported = JSON.parse(said) as Imported;
  // What a killed child had sent may have been stored since it was counted.
  expect(imported.stored + imported.skipped).toBe(importedCommits);
  expect(imported.skipped).toBeGreaterThanOrEqual(stored);
  expect(imported.aggregates).toBe(importedCounters);
  expect(imported.lastSequence).toBe(importedCommits);

  const log = await storedLog(connection, name);
  expect(log, `seed ${seed}`).toHaveLength(importedCommits);
  expect(flawsOf(log), `seed ${seed}`).toEqual([]);
  const given = new Map<string, unknown[]>();
  for (const { id, events } of countersToImport()) {
    given.set(id, [...(given.get(id) ?? []), ...events]);
  }
  const found = new Map<string, unknown[]>();
  for await (const { id, event } of store.replay(CounterEvents)) {
    const events = found.get(id);
    if (events === undefined) found.set(id, [event]);
    else events.push(event);
  }
  expect(found, `seed ${seed}`).toEqual(given);
}, 120_000);

test("an import goes on when the server is killed and started again", async () => {
  const name = storeName();
  const { store, connection } = await site.client(name);
  const random = randomFrom(seedOf());
  const importing = importCommits(store, countersToImport());
  importing.catch(() => undefined);
  let stored = 0;
  for (let kill = 0; kill < 2; kill++) {
    const goal = stored + 2_000 + Math.floor(3_000 * random());
    await until(`${goal} commits`, async () => {
      stored = await store.end(CounterEvents);
      return stored >= goal;
    });
    await site.server.kill();
    await site.server.restart();
  }
  const imported = await within("the import", importing, 60_000);
  expect(stored).toBeLessThan(importedCommits);
  expect(imported).toMatchObject({ stored: importedCommits, skipped: 0 });
  const log = await storedLog(connection, name);
  expect(log).toHaveLength(importedCommits);
  expect(flawsOf(log)).toEqual([]);
}, 120_000);

test("the server is not asked to remember what is imported", async () => {
  const name = storeName();
  const { connection } = await site.client(name);
  const child = begin(name);
  await within("the import", once(child, "exit"), 40_000);
  interface Answer {
    readonly message: { readonly hdrs: string };
  }
  for (const seq of [1, 1_000, importedCommits]) {
    const { message } = await askApi<Answer>(connection, `STREAM.MSG.GET.${name}`, { seq });
    const headers = Buffer.from(message.hdrs, "base64").toString();
    expect(headers).toMatch(/^NATS\/1\.0\r\nNats-Expected-Last-Subject-Sequence: \d+\r\n\r\n$/);
  }
}, 60_000);
