import { connect } from "@nats-io/transport-node";
import fc from "fast-check";
import {
  type Codec,
  defineAggregate,
  defineEvents,
  type EventStore,
  execute,
  jsonCodec,
  msgpackCodec,
  newId,
  read,
  saveSnapshot,
  snapshotAndTruncate,
} from "jetfold";
import { MemoryStore } from "jetfold/memory";
import { NatsStore } from "jetfold/nats";
import { startNatsServer } from "jetfold/testing";
import { afterAll, describe, expect, it } from "vitest";

type Noted = { type: "Noted"; value: unknown; more: Record<string, unknown> };
type State = { values: unknown[]; latest: Record<string, unknown> };

const Notes = defineEvents<Noted>()({ name: "Note", types: { Noted: {} } });
const Notebook = defineAggregate({
  events: Notes,
  initial: (): State => ({ values: [], latest: {} }),
  upcastState: [],
  process: (_, command: { values: { value: unknown; more: Record<string, unknown> }[] }): Noted[] =>
    command.values.map(({ value, more }) => ({ type: "Noted", value, more })),
  apply: (state, { value, more }) => ({
    values: [...state.values, value],
    latest: { ...state.latest, ...more },
  }),
});

const server = await startNatsServer();
const connection = await connect({ servers: server.url });
afterAll(async () => {
  await connection.close();
  await server.close();
});

const number = fc
  .double({ noNaN: true, noDefaultInfinity: true })
  .map((n) => (Object.is(n, -0) ? 0 : n));
const text = fc.string({ unit: "grapheme" }).filter((s) => s.isWellFormed());
const key = text.filter((s) => s !== "__proto__");
const common = [fc.constant(null), fc.boolean(), number, fc.maxSafeInteger(), text];
const declared = {
  json: common,
  msgpack: [
    ...common,
    fc.date({ noInvalidDate: true }),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
    fc.uint8Array({ maxLength: 50 }),
  ],
};

function commandOf(leaves: fc.Arbitrary<unknown>[]): fc.Arbitrary<Parameters<typeof run>[1]> {
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof({ maxDepth: 3 }, ...leaves, tie("list"), tie("map")),
    list: fc.array(tie("value"), { maxLength: 4 }),
    map: fc.dictionary(key, tie("value"), { maxKeys: 4, noNullPrototype: true }),
  }));
  const more = fc.dictionary(key, value, { maxKeys: 4, noNullPrototype: true });
  return fc.array(fc.record({ value, more }), { minLength: 1, maxLength: 4 });
}

/** The state as `execute` returned it, and as it is read in every other way. */
async function run(
  store: EventStore,
  values: { value: unknown; more: Record<string, unknown> }[],
): Promise<void> {
  const id = newId();
  await execute(store, Notebook, id, { values });
  const executed = await execute(store, Notebook, id, { values: values.toReversed() });
  const replayed = await read(store, Notebook, id);
  expect(replayed.snapshotRevision).toBe(0);
  expect(replayed.state).toStrictEqual(executed.state);
  await saveSnapshot(store, Notebook, replayed);
  const fromSnapshot = await read(store, Notebook, id);
  expect(fromSnapshot.snapshotRevision).toBe(values.length * 2);
  expect(fromSnapshot.state).toStrictEqual(executed.state);
  const { root } = await snapshotAndTruncate(store, Notebook, executed);
  await store.snapshots.remove(`Note.${id}.1`);
  const fromBase = await read(store, Notebook, id);
  expect(fromBase.head).toEqual(root.head);
  expect(fromBase.state).toStrictEqual(executed.state);
}

describe.each<[keyof typeof declared, Codec]>([
  ["msgpack", msgpackCodec],
  ["json", jsonCodec],
])(
  "with %s, the state after execute equals the state after replay, snapshot and truncation",
  (name, codec) => {
    const command = commandOf(declared[name]);
    const onWarning = (): void => undefined;

    it("in memory", async () => {
      const store = await MemoryStore.open({ codec, cachedRoots: 0, onWarning });
      const property = fc.asyncProperty(command, (values) => run(store, values));
      await fc.assert(property, { numRuns: 150 });
      await store.close();
    });

    it("on a real server", async () => {
      const store = await NatsStore.open(connection, {
        name: `notes-${name}`,
        codec,
        cachedRoots: 0,
        onWarning,
      });
      const property = fc.asyncProperty(command, (values) => run(store, values));
      await fc.assert(property, { numRuns: 60 });
      await store.close();
    });
  },
);
