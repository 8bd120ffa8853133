import { expect, test } from "vitest";
import { defineEvents, type UpcastChain } from "../event/index.ts";
import { defineAggregate } from "./aggregate.ts";
import { decodeSnapshot, encodeSnapshot } from "./snapshot-record.ts";

type Counted = { readonly type: "Counted"; readonly by: number };
interface Counts {
  readonly count: number;
}

function events(upcast: UpcastChain<Counted> = []) {
  return defineEvents<Counted>()({ name: "Counter", types: { Counted: { upcast } } });
}

const definition = {
  events: events(),
  initial: (): Counts => ({ count: 0 }),
  process: (): Counted[] => [],
  apply: ({ count }: Counts): Counts => ({ count: count + 1 }),
};
const Counter = defineAggregate(definition);
const root = {
  family: "Counter",
  id: "a",
  state: { count: 3 },
  head: { sequence: 7, revision: 3, checksum: 123456789, links: [7, 5, 2] },
  commitId: "third",
  latestMs: 1_700_000_000_000,
  snapshotRevision: 3,
};

test("a snapshot of the first format, which does not say whose it is, is not used", () => {
  const stored =
    "86a6666f726d617401a773746f72654964a773746f72652d31a46865616484a873657175656e636507a87265766973" +
    "696f6e03a8636865636b73756dce075bcd15a56c696e6b7393070502a8636f6d6d69744964a57468697264a86c6174" +
    "6573744d73cb4278bcfe56800000a5737461746582a5636f756e7403a46c617374a3613a33ea2ea62c";
  expect(decodeSnapshot(Buffer.from(stored, "hex"), "store-1", Counter, "a")).toBeUndefined();
});

test("a snapshot is used by who folds the same, and by nobody else", () => {
  const bytes = encodeSnapshot("store-1", Counter, root);
  const by = (other: typeof Counter) => decodeSnapshot(bytes, "store-1", other, "a");
  expect(by(Counter)).toEqual(root);
  expect(by(defineAggregate({ ...Counter, process: () => [], snapshots: false }))).toEqual(root);
  expect(decodeSnapshot(bytes, "store-2", Counter, "a")).toBeUndefined();
  const apply = ({ count }: Counts): Counts => ({ count: count + 2 });
  expect(by(defineAggregate({ ...Counter, apply }))).toBeUndefined();
  const initial = (): Counts => ({ count: 0, more: 1 }) as Counts;
  expect(by(defineAggregate({ ...Counter, initial }))).toBeUndefined();
  expect(by(defineAggregate({ ...Counter, name: "other" }))).toBeUndefined();
});

test("with a name it is used by every build of that definition", () => {
  const Named = defineAggregate({ ...Counter, name: "counts" });
  const bytes = encodeSnapshot("store-1", Named, root);
  const minified = defineAggregate({ ...Named, apply: (s: Counts) => ({ count: s.count + 1 }) });
  expect(decodeSnapshot(bytes, "store-1", minified, "a")).toEqual(root);
});

test("an upcaster that was added since makes it useless; a type that was added does not", () => {
  for (const name of [undefined, "counts"]) {
    const named = { ...definition, ...(name !== undefined && { name }) };
    const bytes = encodeSnapshot("store-1", defineAggregate(named), root);
    const upcasting = defineAggregate({ ...named, events: events([(old: Counted) => old]) });
    expect(decodeSnapshot(bytes, "store-1", upcasting, "a")).toBeUndefined();
    const more = defineEvents<Counted | { readonly type: "Reset" }>()({
      name: "Counter",
      types: { Counted: {}, Reset: {} },
    });
    const grown = defineAggregate({ ...named, events: more });
    expect(decodeSnapshot(bytes, "store-1", grown, "a")).toEqual(root);
  }
});
