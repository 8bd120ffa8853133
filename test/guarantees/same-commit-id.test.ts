import type { MsgHdrs } from "@nats-io/transport-node";
import {
  type Aggregate,
  defineAggregate,
  defineEvents,
  type Executed,
  execute,
  CommitIdReusedError,
  read,
  snapshotAndTruncate,
  UnknownOutcomeError,
} from "jetfold";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Counter, counted, CounterEvents } from "../faults/counter.ts";
import { Site, storeName } from "../faults/site.ts";
import { askApi, storedLog, streamState } from "../faults/stored-log.ts";

interface Stamped {
  readonly type: "Stamped";
  readonly stamp: string;
  readonly at: Date;
}

/** No two decisions of it are alike, as with most that use a new id or the time. */
const stamps: Aggregate<readonly string[], { readonly by: string }, Stamped> = defineAggregate({
  events: defineEvents<Stamped>()({ name: "Stamps", types: { Stamped: {} } }),
  initial: (): readonly string[] => [],
  process: (_: readonly string[], { by }: { readonly by: string }, { now, newId }): Stamped[] => [
    { type: "Stamped", stamp: `${by} ${newId()}`, at: now },
  ],
  apply: (all: readonly string[], { stamp }: Stamped) => [...all, stamp],
});

const id = "a";

describe.each([1, 3] as const)("one commit id, %i node(s)", (nodes) => {
  let site: Site;
  beforeAll(async () => {
    site = await Site.start(nodes);
  });
  afterAll(() => site.close());

  test.each(["on a new aggregate", "on an old one"])(
    "executed by eight at once %s: one commit, and all are told of it",
    async (where) => {
      for (let round = 0; round < 5; round++) {
        const name = storeName();
        const first = await site.client(name);
        const clients = [first];
        for (let i = 1; i < 8; i++) clients.push(await site.client(name));
        const old = where === "on an old one";
        if (old) await execute(first.store, stamps, id, { by: "before" });
        const options = { commitId: "same" };
        const results: Executed<readonly string[], Stamped>[] = await Promise.all(
          clients.map(({ store }, i) => execute(store, stamps, id, { by: `w${i}` }, options)),
        );
        const log = await storedLog(first.connection, name);
        expect(log).toHaveLength(old ? 2 : 1);
        const { state } = await read(first.store, stamps, id, { fresh: "leader" });
        for (const { events, head, state: told } of results) {
          expect(head.sequence).toBe(log.at(-1)!.sequence);
          expect(events.map(({ stamp }) => stamp)).toEqual(state.slice(-1));
          expect(told).toEqual(state);
        }
      }
    },
  );

  test("published by eight at once with one content: one commit, and all are told of it", async () => {
    const name = storeName();
    const { store, connection } = await site.client(name);
    const commit = { family: CounterEvents, id, expect: "new", events: [counted("w", 1)] } as const;
    const told = await Promise.all(
      Array.from({ length: 8 }, () => store.publish(commit, { commitId: "same" })),
    );
    expect(new Set(told.map(({ head }) => head.sequence)).size).toBe(1);
    expect(told.filter(({ repeated }) => !repeated)).toHaveLength(1);
    expect(await storedLog(connection, name)).toHaveLength(1);
  });

  test("published with different contents: one is stored, the others are told that it is taken", async () => {
    const name = storeName();
    const { store, connection } = await site.client(name);
    const told = await Promise.allSettled(
      Array.from({ length: 8 }, (_, i) => {
        const events = [counted("w", i)];
        const commit = { family: CounterEvents, id, expect: "any", events } as const;
        return store.publish(commit, { commitId: "same" });
      }),
    );
    expect(told.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const one of told) {
      if (one.status === "rejected") expect(one.reason).toBeInstanceOf(CommitIdReusedError);
    }
    expect(await storedLog(connection, name)).toHaveLength(1);
  });

  test("executed again after the history was cut: the commit is not stored twice", async () => {
    const name = storeName();
    const { store } = await site.client(name);
    const command = { by: "w", step: 1 };
    await execute(store, Counter, id, command, { commitId: "same" });
    await execute(store, Counter, id, { by: "w", step: 2 });
    await snapshotAndTruncate(store, Counter, await read(store, Counter, id));
    // Its commit is gone; the server knows its id for a minute.
    const again = await execute(store, Counter, id, command, { commitId: "same" });
    expect(again.state.count).toBe(2);
    expect((await read(store, Counter, id, { fresh: "leader" })).state.count).toBe(2);
  });

  /** A message that bears the id of a commit of "a", as a foreign publisher can store it. */
  async function claim(name: string, subject: string, of: string): Promise<number> {
    const connection = await site.connect();
    const headers = { encode: () => Buffer.from(`NATS/1.0\r\nNats-Msg-Id: ${name}.${of}\r\n\r\n`) };
    const options = { headers: headers as Partial<MsgHdrs> as MsgHdrs, timeout: 5_000 };
    const reply = await connection.request(`${name}.${subject}`, "foreign", options);
    return reply.json<{ readonly seq: number }>().seq;
  }

  test("that a foreign message bears, under any aggregate, is taken; no success for what is not stored", async () => {
    const name = storeName();
    const { store, connection } = await site.client(name);
    const commitId = "same";
    await execute(store, Counter, id, { by: "w", step: 1 });
    await claim(name, "Other.x", `Counter.${id}:${commitId}`);
    const { head } = await execute(store, Counter, id, { by: "w", step: 2 });
    const commit = { family: CounterEvents, id, expect: head, events: [counted("w", 3)] };
    const others = { family: CounterEvents, id: "new", expect: "new", events: [] } as const;
    const calls: Record<string, () => Promise<unknown>> = {
      publish: () => store.publish(commit, { commitId }),
      "publish on any": () => store.publish({ ...commit, expect: "any" }, { commitId }),
      execute: () => execute(store, Counter, id, { by: "w", step: 3 }, { commitId }),
    };
    for (const [what, call] of Object.entries(calls)) {
      await expect(call(), what).rejects.toMatchObject({
        code: "commit-id-reused",
        commitId,
      });
    }
    const transacting = store.transact([commit, others], { commitId, budgetMs: 1_000 });
    const code = nodes === 1 ? "commit-id-reused" : "unknown-outcome";
    await expect(transacting).rejects.toMatchObject({ code });
    expect((await streamState(connection, name)).messages).toBe(3);
    const next = await execute(store, Counter, id, { by: "w", step: 3 });
    expect(next.state.count).toBe(3);
  });

  test("that a foreign message bore which is gone: the outcome is unknown", async () => {
    const name = storeName();
    const { store, connection } = await site.client(name);
    await claim(name, "Other.x", `Counter.${id}:same`);
    await askApi(connection, `STREAM.PURGE.${name}`, { filter: `${name}.Other.x` });
    const commit = { family: CounterEvents, id, expect: "new", events: [counted("w", 1)] } as const;
    const publishing = store.publish(commit, { commitId: "same", budgetMs: 1_000 });
    await expect(publishing).rejects.toBeInstanceOf(UnknownOutcomeError);
    expect((await streamState(connection, name)).messages).toBe(0);
  });
});
