import {
  type EventStore,
  execute,
  find,
  InvalidInputError,
  newRoot,
  read,
  saveSnapshot,
  snapshotAndTruncate,
  write,
} from "jetfold";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Counter, counted, CounterEvents as family } from "../faults/counter.ts";
import { type Client, Site } from "../faults/site.ts";
import { streamState } from "../faults/stored-log.ts";

const hostile: Record<string, unknown> = {
  star: "*",
  "greater than": ">",
  "a star inside": "a*b",
  dot: "a.b",
  "a dot at the end": "a.",
  empty: "",
  space: "a b",
  tab: "a\tb",
  "line feed": "a\nb",
  "carriage return and command": "a\r\nPUB x 0\r\n",
  NUL: "a\0b",
  "vertical tab": "a\vb",
  "zero-width space": "a\u200Bb",
  "zero-width joiner": "a\u200Db",
  "byte-order mark": "\uFEFFa",
  "no-break space": "a\u00A0b",
  "right-to-left override": "a\u202Eb",
  "lone surrogate": "a\uD800",
  "composed letter": "\u00E9",
  "decomposed letter": "e\u0301",
  "full-width letter": "\uFF41",
  "digits of another script": "\u0661\u0662",
  dollar: "$JS",
  "percent encoding": "a%2Eb",
  colon: "a:b",
  slash: "../a",
  "too long": "a".repeat(129),
  "far too long": "a".repeat(100_000),
  "a trailing line feed": "a\n",
  number: 1,
  null: null,
  undefined: undefined,
  "an array": ["a"],
  "an object that says it is a": { toString: () => "a" },
};

let site: Site;
let client: Client;
let store: EventStore;
beforeAll(async () => {
  site = await Site.start(1);
  client = await site.client("store");
  ({ store } = client);
  for (const id of ["a", "b", "c"]) {
    const { head } = await store.publish({ family, id, expect: "new", events: [counted(id, 1)] });
    await store.publish({ family, id, expect: head, events: [counted(id, 2)] });
  }
});
afterAll(() => site.close());

/** The state of the stream and of its buckets. */
async function states(): Promise<unknown> {
  const names = ["store", "KV_store-snapshots", "KV_store-projections"];
  return Promise.all(names.map((name) => streamState(client.connection, name)));
}

const calls: Record<string, (id: string) => Promise<unknown>> = {
  publish: (id) => store.publish({ family, id, expect: "any", events: [counted("w", 1)] }),
  "publish on new": (id) => store.publish({ family, id, expect: "new", events: [] }),
  transact: (id) =>
    store.transact([
      { family, id: "a", expect: "any", events: [counted("w", 1)] },
      { family, id, expect: "any", events: [counted("w", 1)] },
    ]),
  truncate: (id) => store.truncate(family, id, 1),
  "truncate all": (id) => store.truncate(family, id, 1_000),
  last: (id) => store.last(family, id),
  "last from the leader": (id) => store.last(family, id, { fresh: "leader" }),
  at: async (id) => store.at(family.of(id), 1),
  end: async (id) => store.end(family.of(id)),
  replay: async (id) => {
    for await (const _ of store.replay(family.of(id)));
  },
  subscribe: async (id) => {
    for await (const _ of store.subscribe(family.of(id))) break;
  },
  read: (id) => read(store, Counter, id),
  "read until": (id) => read(store, Counter, id, { until: 3 }),
  find: (id) => find(store, Counter, id),
  newRoot: async (id) => newRoot(Counter, id),
  write: async (id) => write(store, Counter, { ...newRoot(Counter, "a"), id }, [counted("w", 1)]),
  execute: (id) => execute(store, Counter, id, { by: "w", step: 1 }),
  "execute again": (id) => execute(store, Counter, id, { by: "w", step: 1 }, { commitId: "c" }),
  saveSnapshot: async (id) =>
    saveSnapshot(store, Counter, { ...(await read(store, Counter, "a")), id }),
  snapshotAndTruncate: async (id) =>
    snapshotAndTruncate(store, Counter, { ...(await read(store, Counter, "a")), id }),
};

describe.each(Object.keys(calls))("%s with a hostile id is an InvalidInputError", (call) => {
  test("and changes nothing, whatever the id", async () => {
    const before = await states();
    for (const [what, id] of Object.entries(hostile)) {
      const outcome = await calls[call]!(id as string).then(
        () => "nothing was thrown",
        (error: unknown) => error,
      );
      expect(outcome, what).toBeInstanceOf(InvalidInputError);
      const { field, rule } = outcome as InvalidInputError;
      expect(`${field} ${rule}`, what).toMatch(/^(id|key|commits\[1\]) must be/);
    }
    expect(await states()).toEqual(before);
  });
});

test("a commit id is held to the same rules", async () => {
  const before = await states();
  for (const [what, commitId] of Object.entries(hostile)) {
    if (commitId === undefined) continue;
    const options = { commitId: commitId as string };
    const commit = { family, id: "a", expect: "any", events: [counted("w", 1)] } as const;
    await expect(store.publish(commit, options), what).rejects.toThrow(InvalidInputError);
    const executing = execute(store, Counter, "a", { by: "w", step: 1 }, options);
    await expect(executing, what).rejects.toThrow(InvalidInputError);
  }
  expect(await states()).toEqual(before);
});

test("a selection or a family made by hand cannot carry what the library would refuse", async () => {
  const before = await states();
  const forged = { ...family, name: "*" };
  const events = [counted("w", 1)];
  await expect(store.truncate(forged, "a", 1_000)).rejects.toThrow(InvalidInputError);
  await expect(store.truncate(forged, "a", 1)).rejects.toThrow(InvalidInputError);
  await expect(store.last(forged, "a")).rejects.toThrow(InvalidInputError);
  const publishing = store.publish({ family: forged, id: "a", expect: "new", events });
  await expect(publishing).rejects.toThrow(InvalidInputError);
  const selection = { parts: [{ family, id: "*" }] };
  const reading = (async () => {
    for await (const _ of store.replay(selection));
  })();
  await expect(reading).rejects.toThrow(InvalidInputError);
  expect(await states()).toEqual(before);
});

test("what is allowed at the edges works", async () => {
  for (const id of ["a".repeat(128), "-", "_", "0", "A-Z_a-z-0-9", "__proto__", "constructor"]) {
    const { head } = await execute(store, Counter, id, { by: "w", step: 1 });
    expect((await read(store, Counter, id)).head).toEqual(head);
  }
});
