import type { EventStore, Sequence } from "../../../event/index.ts";
import { append, appendEach } from "../append.ts";
import type { CaseContext } from "../contract-case.ts";
import { deposited, LedgerEvents } from "../contract-events.ts";

const text = new TextEncoder();

/** What makes the ledger "a", of three commits, unreadable. */
export interface Breakage {
  readonly what: string;
  /** @returns the sequences of the messages that are no part of it */
  wreck(context: CaseContext): Promise<readonly Sequence[]>;
}

async function put({ store, harness }: CaseContext, bytes: Uint8Array): Promise<Sequence> {
  await harness.putForeign!(store, "Ledger", "a", bytes);
  return store.end(LedgerEvents.of("a"));
}

/** The stored bytes of the ledger's n-th commit, from 1. */
async function copyOf({ store, harness }: CaseContext, n: number): Promise<Uint8Array> {
  const sequences: Sequence[] = [];
  for await (const { sequence } of store.stored(LedgerEvents, "a")) sequences.push(sequence);
  return new Uint8Array(await harness.payloadOf!(store, sequences[n - 1]!));
}

/** The same ledger in a store of its own, which goes on for some commits. */
async function elsewhere(context: CaseContext, count: number): Promise<Uint8Array[]> {
  const other: EventStore = await context.open();
  const published = await appendEach(other, "a", count);
  const copies = published.map(({ head }) => context.harness.payloadOf!(other, head.sequence));
  return (await Promise.all(copies)).map((bytes) => new Uint8Array(bytes));
}

/** Of every kind. */
export const breakages: readonly Breakage[] = [
  {
    what: "a text",
    wreck: async (context) => [await put(context, text.encode("{}"))],
  },
  {
    what: "nothing, a hundred times",
    async wreck(context) {
      const all: Sequence[] = [];
      for (let n = 0; n < 100; n++) all.push(await put(context, new Uint8Array()));
      return all;
    },
  },
  {
    what: "a commit with a flipped bit",
    async wreck(context) {
      const bytes = await copyOf(context, 3);
      bytes[bytes.length - 6]! ^= 1;
      return [await put(context, bytes)];
    },
  },
  {
    what: "an older commit once more",
    wreck: async (context) => [await put(context, await copyOf(context, 2))],
  },
  {
    what: "the last commit once more, and a text",
    async wreck(context) {
      return [await put(context, await copyOf(context, 3)), await put(context, text.encode("?"))];
    },
  },
  {
    what: "commits of which one before is lost",
    async wreck(context) {
      const [, , , , ...late] = await elsewhere(context, 6);
      return [await put(context, late[0]!), await put(context, late[1]!)];
    },
  },
  {
    what: "a text between commits",
    async wreck(context) {
      const { store } = context;
      const { head } = (await store.last(LedgerEvents, "a", { fresh: "leader" }))!;
      const sequence = await put(context, text.encode("?"));
      const links = [sequence, ...head.links];
      await append(store, "a", { ...head, sequence, links }, [deposited(4)]);
      return [sequence];
    },
  },
];
