import assert from "node:assert/strict";
import type { Delivery, Envelope, Head, Sequence } from "../../../event/index.ts";
import { append, appendEach } from "../append.ts";
import type { CaseContext, CaseDefinition } from "../contract-case.ts";
import { deposited, type LedgerEvent, LedgerEvents, noted } from "../contract-events.ts";
import { listen, type Listener } from "../listen.ts";
import { assertRefusal, refused, thrownBy } from "../refused.ts";
import { rebase } from "../truncate/rebase.ts";
import { isCommit } from "./delivered.ts";

type Store = CaseContext["store"];

/** Subscriptions that are behind when what is before them is truncated. */
export const cutCases: readonly CaseDefinition[] = [
  {
    guarantee: "a slow reader is given the base, marked, where what is before it was truncated",
    async check({ store }) {
      for (const id of ["a", "b"]) {
        const after = await store.end(LedgerEvents);
        const slow = slowReader((signal) =>
          store.subscribe(LedgerEvents, { after, signal }).deliveries(),
        );
        const { end, base } = await overtaken(store, slow, { id });
        await slow.until((items) => items.some(({ sequence }) => sequence >= end), "the end");
        const commits = slow.items.filter(isCommit);
        const holes = commits.filter(({ hole }) => hole !== undefined);
        assert.deepEqual(
          holes.map(({ sequence, base: held }) => [sequence, held !== undefined]),
          [[base, true]],
        );
        assert.ok(holes[0]!.missing > 0);
        const before = commits.slice(0, commits.indexOf(holes[0]!));
        before.forEach(({ firstRevision }, n) => assert.equal(firstRevision, n + 1));
        assert.equal(holes[0]!.lastRevision, before.length + holes[0]!.missing);
        await slow.stop();
      }
    },
  },
  {
    guarantee: "as events it ends with an error in the base's place, and passes nothing over",
    async check({ store }) {
      for (const [id, selection] of [
        ["a", LedgerEvents],
        ["b", LedgerEvents.of("b")],
      ] as const) {
        const after = await store.end(LedgerEvents);
        const slow = slowReader((signal) => store.subscribe(selection, { after, signal }));
        const { base } = await overtaken(store, slow, { id });
        const error = await refused("truncated", "reading on as events", () => slow.ended);
        assert.deepEqual([error.id, error.firstSequence], [id, base]);
        slow.items.forEach(({ revision }, n) => assert.equal(revision, n + 1));
      }
    },
  },
  {
    guarantee: "commits left over below the base are marked, and the base comes",
    async check({ store }) {
      const slow = slowReader((signal) => store.subscribe(LedgerEvents, { signal }).deliveries());
      const { end } = await overtaken(store, slow, { id: "a", left: 3 });
      await slow.until((items) => items.some(({ sequence }) => sequence >= end), "the end");
      const marked = slow.items.filter(isCommit).filter(({ missing }) => missing > 0);
      assert.deepEqual(
        marked.map(({ base }) => base !== undefined),
        [false, false, false, true],
      );
      await slow.stop();
    },
  },
  {
    guarantee: "where there is no base it ends with an error",
    async check({ store }) {
      for (const id of ["a", "b"]) {
        const slow = slowReader<Envelope<LedgerEvent> | Delivery<LedgerEvent>>((signal) => {
          const subscription = store.subscribe(LedgerEvents.of(id), { signal });
          return id === "a" ? subscription : subscription.deliveries();
        });
        await overtaken(store, slow, { id, left: 3, based: false });
        const error = await thrownBy("reading on", () => slow.ended);
        assertRefusal(["truncated", "corrupt"], "reading on", error);
      }
    },
  },
  {
    guarantee:
      "an aggregate that began after the subscription, and was truncated, is no shorter one",
    async check({ store }) {
      const slow = slowReader((signal) => store.subscribe(LedgerEvents, { signal }));
      const first = (await append(store, "b", "new", [deposited(0)])).head;
      await slow.until((items) => items.length === 1, "the first event");
      const last = (await writeLarge(store, "b", first)).at(-1)!;
      await appendEach(store, "a", 5);
      const { sequence } = await rebase(store);
      await store.truncate(LedgerEvents, "a", sequence);
      slow.release();
      const error = await refused("truncated", "reading on as events", () => slow.ended);
      assert.deepEqual([error.id, error.firstSequence], ["a", sequence]);
      assert.equal(slow.items.at(-1)?.sequence, last.sequence);
    },
  },
  {
    guarantee: "of one aggregate whose start was cut before, events are an error from the start on",
    async check({ store }) {
      const sequences = (await appendEach(store, "a", 4)).map(({ head }) => head.sequence);
      await store.truncate(LedgerEvents, "a", sequences[2]!);
      const of = LedgerEvents.of("a");
      const whole = listen((signal) => store.subscribe(of, { signal }));
      await refused("truncated", "reading it from its start", () => whole.ended);
      const rest = listen((signal) => store.subscribe(of, { after: sequences[1]!, signal }));
      await rest.until((items) => items.length === 2, "what is left");
      await rest.stop();
    },
  },
];

/** A reader that stands still at its first commit until it is released. */
function slowReader<Item extends Envelope<LedgerEvent> | Delivery<LedgerEvent>>(
  subscribe: (signal: AbortSignal) => AsyncIterable<Item>,
): Listener<Item> & { readonly release: () => void } {
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  return { ...listen(subscribe, (item) => (isMark(item) ? undefined : held)), release };
}

function isMark(item: Envelope | Delivery<LedgerEvent>): boolean {
  return "kind" in item && item.kind === "mark";
}

/** More than any reader has at hand: 12 MB. */
const large = 240;
const value = "x".repeat(50_000);

async function writeLarge(store: Store, id: string, from: Head): Promise<Head[]> {
  const heads = [from];
  for (let n = 0; n < large; n++) {
    heads.push((await append(store, id, heads.at(-1)!, [noted(value)])).head);
  }
  return heads;
}

/**
 * A ledger grows and is truncated while the reader stands at its first commit, and the reader goes on.
 * @param left - how many commits are left below the base, or without one
 */
async function overtaken(
  store: Store,
  slow: Pick<Listener<Envelope | Delivery<LedgerEvent>>, "until"> & {
    readonly release: () => void;
  },
  {
    id,
    left = 0,
    based = true,
  }: { readonly id: string; readonly left?: number; readonly based?: boolean },
): Promise<{ readonly base: Sequence; readonly end: Sequence }> {
  const { head } = await append(store, id, "new", [deposited(0)]);
  await slow.until((items) => items.some((item) => !isMark(item)), "the first commit");
  const heads = await writeLarge(store, id, head);
  const base = based ? (await rebase(store, id)).sequence : 0;
  await store.truncate(LedgerEvents, id, left === 0 ? base : heads.at(-left)!.sequence);
  const end = (await append(store, id, "any", [deposited(1)])).head.sequence;
  slow.release();
  return { base, end };
}
