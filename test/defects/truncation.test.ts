import {
  ConfigError,
  ConflictError,
  type EventStore,
  forgetProjection,
  InvalidInputError,
  kvCheckpoints,
  newRoot,
  NotFoundError,
  observe,
  read,
  rebuild,
  saveSnapshot,
  snapshotAndTruncate,
  TruncatedError,
  TruncationBlockedError,
  UnstorableError,
  write,
} from "jetfold";
import { MemoryStore } from "jetfold/memory";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { gather, sequencesOf } from "../../src/testing/contract/gather.ts";
import { Site, storeName } from "../faults/site.ts";
import { Account, AccountEvents, deposited, fill, opened } from "./account.ts";
import { codeOf } from "./code-of.ts";
import { labels, recorder } from "./recorder.ts";

let site: Site;
beforeAll(async () => {
  site = await Site.start(1);
  site.cachedRoots = 0;
});
afterAll(() => site.close());

async function newStore(): Promise<EventStore> {
  return (await site.client(storeName())).store;
}

async function sequences(store: EventStore): Promise<number[]> {
  return sequencesOf(await gather(store.replay(AccountEvents).commits()));
}

test("defect 1: truncating at sequence 0 deletes nothing", async () => {
  const store = await newStore();
  const root = await fill(store, "ada", 5);
  const stored = await sequences(store);
  expect(stored).toHaveLength(5);
  const nothings = [0, -0, Number.NaN, undefined, null] as number[];
  const codes = nothings.map((nothing) =>
    codeOf(() => store.truncate(AccountEvents, "ada", nothing)),
  );
  expect(await Promise.all(codes)).toEqual(nothings.map(() => "invalid-input"));
  const keeping = snapshotAndTruncate(store, Account, root, { keepFrom: 0 });
  await expect(keeping).rejects.toThrow(InvalidInputError);
  expect(await sequences(store)).toEqual(stored);
});

test("defect 1: write, snapshot and truncate in a row loses no state and no later event", async () => {
  const store = await newStore();
  const written = await fill(store, "ada", 5);
  await saveSnapshot(store, Account, written);
  const { root, deleted } = await snapshotAndTruncate(store, Account, written);
  expect(deleted).toBe(5);
  expect(root.state).toEqual({ owner: "ada", cents: 10 });
  await write(store, Account, root, [deposited(7)]);
  const after = await read(store, Account, "ada", { fresh: "leader" });
  expect(after.state).toEqual({ owner: "ada", cents: 17 });
  expect(after.head.revision).toBe(6);
});

test("defect 1: a root that knows of no commit, or of an old one, truncates nothing", async () => {
  const store = await newStore();
  const old = await fill(store, "ada", 5);
  await write(store, Account, old, [deposited(5)]);
  const stored = await sequences(store);
  const none = snapshotAndTruncate(store, Account, newRoot(Account, "ada"));
  await expect(none).rejects.toThrow(NotFoundError);
  await expect(snapshotAndTruncate(store, Account, old)).rejects.toThrow(ConflictError);
  expect(await sequences(store)).toEqual(stored);
});

test("defect 2: an aggregate cut as far as possible is written on and never created again", async () => {
  const store = await newStore();
  const written = await fill(store, "ada", 5);
  await saveSnapshot(store, Account, written);
  const { head } = written;
  const everything = store.truncate(AccountEvents, "ada", head.sequence + 1);
  await expect(everything).rejects.toThrow(InvalidInputError);
  expect(await store.truncate(AccountEvents, "ada", head.sequence)).toBe(4);
  const creating = write(store, Account, newRoot(Account, "ada"), [opened("eve")]);
  await expect(creating).rejects.toThrow(ConflictError);
  const fromSnapshot = await read(store, Account, "ada");
  expect(fromSnapshot.snapshotRevision).toBe(5);
  const next = await write(store, Account, fromSnapshot, [deposited(5)]);
  expect(next.head.revision).toBe(6);
  expect((await read(store, Account, "ada")).state).toEqual({ owner: "ada", cents: 15 });
});

test("defect 3: what a durable projection has yet to handle is not deleted", async () => {
  const store = await newStore();
  const first = await fill(store, "ada", 3);
  const { projection, seen } = recorder({ name: "list", events: AccountEvents });
  const checkpoints = kvCheckpoints(store);
  const running = observe(store, projection, { checkpoints });
  await running.reached(first.head.sequence);
  await running.stop();
  const root = await write(store, Account, first, [deposited(3)]);
  const tooEarly = snapshotAndTruncate(store, Account, root, { waitMs: 0 });
  await expect(tooEarly).rejects.toThrow(/must not pass projection "list" version 1/);
  expect(await sequences(store)).toHaveLength(4);
  const again = observe(store, projection, { checkpoints });
  await again.reached(root.head.sequence);
  await again.stop();
  expect(seen).toEqual(labels("Account", "ada", 1, 4));
  const { root: based } = await snapshotAndTruncate(store, Account, root);
  const later = await write(store, Account, based, [deposited(4)]);
  const behind = snapshotAndTruncate(store, Account, later, { waitMs: 0 });
  await expect(behind).rejects.toThrow(TruncationBlockedError);
  await forgetProjection(store, "list");
  expect((await snapshotAndTruncate(store, Account, later)).deleted).toBe(2);
});

test("defect 3: a history whose state could not take its place is not cut", async () => {
  const store = await newStore();
  const root = await fill(store, "ada", 5);
  const { upcastState: _, ...undeclared } = Account;
  await expect(snapshotAndTruncate(store, undeclared, root)).rejects.toThrow(ConfigError);
  const unstorable = { ...root, state: { ...root.state, owner: new Map() as never } };
  await expect(snapshotAndTruncate(store, Account, unstorable)).rejects.toThrow(UnstorableError);
  expect(await sequences(store)).toHaveLength(5);
});

test("defect 3: a read model built anew over a cut history is given the state or fails", async () => {
  const store = await newStore();
  await fill(store, "whole", 2);
  const { root } = await snapshotAndTruncate(store, Account, await fill(store, "ada", 5));
  await write(store, Account, root, [deposited(7)]);
  const unaware = recorder({ name: "unaware", events: AccountEvents });
  await expect(rebuild(store, unaware.projection)).rejects.toThrow(TruncatedError);
  const bases: unknown[] = [];
  const { projection, seen } = recorder({
    name: "aware",
    events: AccountEvents,
    projectBase: ({ base, codec }) => void bases.push(codec.decode(base!.state, "Account")),
  });
  await rebuild(store, projection);
  expect(bases).toEqual([{ owner: "ada", cents: 10 }]);
  expect(seen).toEqual([...labels("Account", "whole", 1, 2), "Account.ada#6"]);
});

test("defect 3: a history cut by hand fails every read model, since nothing stands for it", async () => {
  const store = await newStore();
  const { head } = await fill(store, "ada", 5);
  await store.truncate(AccountEvents, "ada", head.sequence);
  const unaware = recorder({ name: "unaware", events: AccountEvents });
  await expect(rebuild(store, unaware.projection)).rejects.toThrow(TruncatedError);
  const projectBase = (): void => undefined;
  const aware = recorder({ name: "aware", events: AccountEvents, projectBase });
  await expect(rebuild(store, aware.projection)).rejects.toThrow(TruncatedError);
});

test("defect 4: the commit at the bound of a truncation stays, and all below it go", async () => {
  const store = await newStore();
  await fill(store, "ada", 5);
  const [, , , fourth, fifth] = await sequences(store);
  expect(await store.truncate(AccountEvents, "ada", fourth!)).toBe(3);
  expect(await sequences(store)).toEqual([fourth, fifth]);
  const root = await fill(store, "bob", 5);
  const stored = sequencesOf(await gather(store.replay(AccountEvents.of("bob")).commits()));
  const { deleted, root: based } = await snapshotAndTruncate(store, Account, root, {
    keepFrom: stored[3]!,
  });
  expect(deleted).toBe(3);
  const left = [fourth, fifth, stored[3], stored[4], based.head.sequence];
  expect(await sequences(store)).toEqual(left);
});

describe.each(["memory", "server"] as const)("on a store in %s", (kind) => {
  test("defect 33: the root that a write returns can be written on, read by and truncated with", async () => {
    const store = kind === "memory" ? await MemoryStore.open() : await newStore();
    const first = await write(store, Account, newRoot(Account, "ada"), [opened("ada")]);
    const second = await write(store, Account, first, [deposited(1), deposited(2)]);
    const stored = await store.last(AccountEvents, "ada", { fresh: "leader" });
    expect(second.head).toEqual(stored!.head);
    expect(second.state).toEqual((await read(store, Account, "ada")).state);
    const { root, deleted } = await snapshotAndTruncate(store, Account, second);
    expect(deleted).toBe(2);
    expect((await write(store, Account, root, [deposited(3)])).state.cents).toBe(6);
    await store.close();
  });
});
