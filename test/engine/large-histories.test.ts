import { defineAggregate, defineEvents, type Head, type NewCommit, read } from "jetfold";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Site, storeName } from "../faults/site.ts";
import { within } from "../faults/until.ts";

interface Filled {
  readonly type: "Filled";
  readonly text: string;
}
const Crates = defineEvents<Filled>()({ name: "Crate", types: { Filled: {} } });
const Crate = defineAggregate({
  events: Crates,
  initial: () => ({ filled: 0 }),
  process: (_: { filled: number }, text: string): Filled[] => [{ type: "Filled", text }],
  apply: ({ filled }: { filled: number }) => ({ filled: filled + 1 }),
  snapshots: false,
});

const count = 60;
const bytes = 900_000;

let site: Site;
beforeAll(async () => {
  site = await Site.start(1);
});
afterAll(() => site.close());

test("of a large history some is held at a time, from its first commit on", async () => {
  const name = storeName();
  const writer = await site.client(name);
  const text = "x".repeat(bytes);
  let expected: Head | "new" = "new";
  for (let i = 0; i < count; i++) {
    const events: Filled[] = [{ type: "Filled", text }];
    const commit: NewCommit<Filled> = { family: Crates, id: "c", expect: expected, events };
    expected = (await writer.store.publish(commit)).head;
  }
  const { connection, store } = await site.client(name);
  const last = await store.last(Crates, "c");
  const before = connection.stats().inBytes;
  const received = (): number => connection.stats().inBytes - before;
  let first: number | undefined;
  let revision = 0;
  for await (const commit of store.history(last!, { after: 0 })) {
    first ??= received();
    expect(commit.firstRevision).toBe(++revision);
  }
  expect(revision).toBe(count);
  expect(first).toBeLessThan((count * bytes) / 2);
  expect(received()).toBeGreaterThan(count * bytes);
  const root = await within("a cold read", read(store, Crate, "c"));
  expect(root.state).toEqual({ filled: count });
});
