import { headers, type NatsConnection } from "@nats-io/transport-node";
import { execute, read, UnavailableError } from "jetfold";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Counter, CounterEvents, OtherEvents } from "../faults/counter.ts";
import { fill, several } from "../faults/fill.ts";
import { type Client, Site } from "../faults/site.ts";
import { askApi } from "../faults/stored-log.ts";
import { within } from "../faults/until.ts";
import { gatherAll } from "./gather-all.ts";
import { leavingNothing } from "./holdings.ts";
import { writeMany } from "./large-store.ts";
import { plans } from "./plans.ts";
import { Witness } from "./witness.ts";

const leader = { fresh: "leader" } as const;
const paged = plans.filter(({ consumer }) => !consumer);

let site: Site;
beforeAll(async () => {
  site = await Site.start(1);
});
afterAll(() => site.close());

/** See {@link leavingNothing}; tests run side by side here. */
function quiet(use: Parameters<typeof leavingNothing>[1]): Promise<void> {
  return leavingNothing(site, use, false);
}

/** Let the stream answer direct gets, or not any more. */
async function allowDirect(
  connection: NatsConnection,
  name: string,
  allow: boolean,
): Promise<void> {
  interface Info {
    readonly config: object;
  }
  const { config } = await askApi<Info>(connection, `STREAM.INFO.${name}`);
  await askApi(connection, `STREAM.UPDATE.${name}`, { ...config, allow_direct: allow });
}

/**
 * From now on each direct get is answered with this status and nothing else, as a server does that
 * does not know what is asked, or asks for less (ADR-31).
 */
async function refuseDirect(
  connection: NatsConnection,
  name: string,
  status: number,
): Promise<{ stop(): Promise<void> }> {
  await allowDirect(connection, name, false);
  const subscription = connection.subscribe(`$JS.API.DIRECT.GET.${name}.>`);
  const batches = connection.subscribe(`$JS.API.DIRECT.GET.${name}`);
  for (const each of [subscription, batches]) {
    void (async () => {
      for await (const message of each) {
        message.respond("", { headers: headers(status, "Refused") });
      }
    })();
  }
  await connection.flush();
  return {
    async stop() {
      await Promise.all([subscription.drain(), batches.drain()]);
      await allowDirect(connection, name, true);
    },
  };
}

describe.concurrent.each(paged)("when pages are refused, a replay by $name", (plan) => {
  const { selection, count, fill: fillPlan } = plan;

  /** Replay, and do something once the fifth event is read. */
  async function replayed(
    client: Client,
    fault: () => Promise<unknown>,
  ): Promise<{ readonly count: number; readonly error: unknown }> {
    const witness = new Witness();
    const replay = async (): Promise<void> => {
      for await (const envelope of client.store.replay(selection)) {
        witness.take(envelope);
        if (witness.count === 5) await fault();
      }
    };
    const error = await within(
      "the replay",
      replay().catch((thrown: unknown) => thrown),
      25_000,
    );
    return { count: witness.count, error };
  }

  test("ends in an UnavailableError, having given nothing twice", async () => {
    await quiet(async (client, peer) => {
      await fillPlan(client);
      const { name } = client.store;
      const done = await replayed(client, () => allowDirect(peer, name, false));
      expect(done.error).toBeInstanceOf(UnavailableError);
      expect(String(done.error)).toMatch(/is allow_direct off\?/);
      expect(done.count).toBeLessThan(count);
    });
  });

  test.each([408, 413, 500])("tells status %i in an UnavailableError", async (status) => {
    await quiet(async (client, peer) => {
      await fillPlan(client);
      const { name } = client.store;
      const done = await replayed(client, () => refuseDirect(peer, name, status));
      expect(done.error).toBeInstanceOf(UnavailableError);
      expect(String(done.error)).toContain(`${status}`);
      // Begun anew, it may go another way, and then it is whole.
      const again = gatherAll(client.store.replay(selection)).then(
        (envelopes) => expect(envelopes).toHaveLength(count),
        (error: unknown) => expect(error).toBeInstanceOf(UnavailableError),
      );
      await within("another replay", again);
    });
  });

  test("goes on when they are allowed again", async () => {
    await quiet(async (client, peer) => {
      await fillPlan(client);
      const { name } = client.store;
      let allowing: Promise<void> | undefined;
      const done = await replayed(client, async () => {
        await allowDirect(peer, name, false);
        allowing = new Promise((resolve) => setTimeout(resolve, 1_000)).then(() =>
          allowDirect(peer, name, true),
        );
      });
      await allowing;
      expect(done).toEqual({ count, error: undefined });
    });
  });
});

describe.concurrent("when the server refuses direct gets", () => {
  const refusals: readonly [string, (peer: NatsConnection, name: string) => Promise<unknown>][] = [
    ["without a word", (peer, name) => allowDirect(peer, name, false)],
    ["with status 408", (peer, name) => refuseDirect(peer, name, 408)],
    ["with status 413", (peer, name) => refuseDirect(peer, name, 413)],
  ];

  test.each(refusals)("%s, loads and commands are served by the leader", async (_, refuse) => {
    await quiet(async (client, peer) => {
      const { store } = client;
      await fill(store, several(CounterEvents, 4), 4 * 40);
      await fill(store, [{ family: CounterEvents, id: "alone" }], 60);
      await refuse(peer, store.name);
      for (const [id, count] of [
        ["Counter-0", 40],
        ["alone", 60],
      ] as const) {
        const state = { count, last: `${id}:${count}` };
        expect((await read(store, Counter, id, leader)).state).toEqual(state);
        store.roots.delete(`Counter.${id}`);
        expect((await read(store, Counter, id)).state).toEqual(state);
        store.roots.delete(`Counter.${id}`);
        const done = await execute(store, Counter, id, { by: "w", step: 1 });
        expect(done.state.count).toBe(count + 1);
      }
    });
  });

  test.each([408, 413, 500])("with status %i, a count says so", async (status) => {
    await quiet(async ({ store }, peer) => {
      await fill(store, several(CounterEvents, 2), 2 * 10);
      await refuseDirect(peer, store.name, status);
      const counting = store.count(CounterEvents, 0);
      await expect(counting).rejects.toThrow(UnavailableError);
      await expect(counting).rejects.toThrow(`${status}`);
    });
  });

  test.each(refusals)("%s, what a consumer delivers is read all the same", async (_, refuse) => {
    await quiet(async ({ store }, peer) => {
      await Promise.all([
        writeMany(store, { family: CounterEvents, aggregates: 20, commits: 90, bytes: 10 }),
        writeMany(store, { family: OtherEvents, aggregates: 20, commits: 90, bytes: 10 }),
      ]);
      await refuse(peer, store.name);
      const envelopes = await within(
        "the replay",
        gatherAll(store.replay([CounterEvents, OtherEvents])),
      );
      expect(envelopes).toHaveLength(3_600);
    });
  });
});
