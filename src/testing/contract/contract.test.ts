import { describe, expect, test } from "vitest";
import { ConfigError, type EventStore } from "../../event/index.ts";
import { MemoryStore } from "../../memory/index.ts";
import { skippedCases, storeContract } from "./contract.ts";
import type { StoreHarness } from "./store-harness.ts";

const bare: StoreHarness = {
  open: (options) => MemoryStore.open({ ...options }),
  missing: {
    reopen: "it is gone when it is closed",
    foreign: "nobody else gets at it",
    payload: "nobody else gets at it",
    readers: "it has no server",
    "size-limit": "it takes any size",
  },
};

describe("a harness", () => {
  test("gets cases whose names are unique and tell their area", () => {
    const names = storeContract(bare).map(({ name, area }) => {
      expect(name.startsWith(`${area}: `)).toBe(true);
      return name;
    });
    expect(new Set(names).size).toBe(names.length);
  });

  test("is not given the cases it cannot run, and is told which and why", () => {
    const skipped = skippedCases(bare);
    expect(new Set(skipped.map(({ capability }) => capability)).size).toBe(5);
    for (const { capability, reason } of skipped) expect(reason).toBe(bare.missing?.[capability]);
    const names = new Set(storeContract(bare).map(({ name }) => name));
    for (const { name } of skipped) expect(names.has(name)).toBe(false);
  });

  test("must say why a capability is missing", () => {
    const { readers: _reason, ...missing } = bare.missing!;
    expect(() => storeContract({ ...bare, missing })).toThrow(ConfigError);
    expect(() => storeContract({ ...bare, missing: { ...missing, readers: "" } })).toThrow(
      /missing.readers/,
    );
  });

  test("must not excuse what it has", () => {
    expect(() => storeContract({ ...bare, maxCommitBytes: 1 })).toThrow(/maxCommitBytes/);
  });
});

/** What is wrong with a store, the cases that must notice it, and how it comes about. */
const defects: readonly [string, RegExp, (store: EventStore) => Partial<EventStore>][] = [
  [
    "appends on any head",
    /^publish: of \d+ writers on one head/,
    (store) => ({
      publish: (commit, options) =>
        store.publish(
          typeof commit.expect === "object" ? { ...commit, expect: "any" } : commit,
          options,
        ),
    }),
  ],
  [
    "forgets commit ids",
    /^publish: the same commit/,
    (store) => ({
      async publish(commit, options) {
        const published = await store.publish(commit);
        return { ...published, commitId: options?.commitId ?? published.commitId };
      },
    }),
  ],
  [
    "stores a transaction part by part",
    /^transact: a conflict of one part/,
    (store) => ({
      async transact(commits, options) {
        const all = [];
        for (const commit of commits) all.push(await store.publish(commit, options));
        return all;
      },
    }),
  ],
  [
    "loses the end of a replay",
    /^replay: all of 5000 commits/,
    (store) => ({
      replay: (selection, options) => store.replay(selection, { until: 4999, ...options }),
    }),
  ],
  [
    "begins a subscription with its history, whatever it was told",
    /^subscribe: "new"/,
    (store) => ({
      subscribe: (selection, options) => store.subscribe(selection, { ...options, after: 0 }),
    }),
  ],
  [
    "miscounts what it truncates",
    /^truncate: the commits below the bound/,
    (store) => ({ truncate: async (...given) => (await store.truncate(...given)) + 1 }),
  ],
  ["has one bucket", /^bucket: the two buckets/, ({ snapshots }) => ({ projections: snapshots })],
  [
    "does not wait for deferred work",
    /^lifecycle: closing waits/,
    ({ onWarning }) => ({
      defer(work, message) {
        work.catch((cause: unknown) => onWarning({ code: "work", message, cause }));
      },
    }),
  ],
];

describe("the contract notices a store that", () => {
  test.each(defects)("%s", async (_defect, cases, change) => {
    const noticing = storeContract({
      ...bare,
      open: async (options) => altered(await MemoryStore.open({ ...options }), change),
    }).filter(({ name }) => cases.test(name));
    expect(noticing.length).toBeGreaterThan(0);
    for (const { run } of noticing) await expect(run()).rejects.toThrow();
  });
});

/** The store with some of its members replaced. */
function altered(
  store: EventStore,
  change: (store: EventStore) => Partial<EventStore>,
): EventStore {
  const changes = change(store);
  return new Proxy(store, {
    get(target, key) {
      if (key in changes) return Reflect.get(changes, key) as unknown;
      const member: unknown = Reflect.get(target, key, target);
      return typeof member === "function" ? (member.bind(target) as unknown) : member;
    },
  });
}
