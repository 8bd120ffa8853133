import { headers } from "@nats-io/transport-node";
import { commandTo, memoryCheckpoints, react, type StoreWarning } from "jetfold";
import { NatsStore } from "jetfold/nats";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stored } from "../faults/lose-answer.ts";
import { Site, storeName } from "../faults/site.ts";
import { askApi, streamState } from "../faults/stored-log.ts";
import { until } from "../faults/until.ts";
import { fulfilled, fulfilment, Order, outcome, place } from "./warehouse.ts";

/** The rights of one who reacts, as the README lists them, without truncation's. */
const lean = [
  ...["lean", "KV_lean-snapshots", "KV_lean-projections"].flatMap((stream) => [
    `$JS.API.STREAM.INFO.${stream}`,
    `$JS.API.STREAM.MSG.GET.${stream}`,
    `$JS.API.DIRECT.GET.${stream}.>`,
  ]),
  "$JS.API.DIRECT.GET.lean",
  "$JS.API.CONSUMER.CREATE.lean.>",
  "$JS.API.CONSUMER.DELETE.lean.*",
  "$JS.FC.lean.>",
  "lean.>",
  "$KV.lean-snapshots.>",
  "$KV.lean-projections.>",
];

let site: Site;
beforeAll(async () => {
  site = await Site.start(
    1,
    `no_auth_user: admin
    authorization {
      users: [
        { user: admin, password: p },
        { user: lean, password: p, permissions: {
          publish: ${JSON.stringify(lean)}, subscribe: ["_INBOX.>"] } }
      ]
    }`,
  );
});
afterAll(() => site.close());

test.concurrent("after the server's duplicate window a repeated reaction stores nothing", async () => {
  const name = storeName();
  const { store, connection } = await site.client(name);
  const { config } = await askApi<{ readonly config: object }>(connection, `STREAM.INFO.${name}`);
  const windowNanos = 100 * 1_000_000;
  const brief = { ...config, duplicate_window: windowNanos };
  await askApi(connection, `STREAM.UPDATE.${name}`, brief);
  for (const id of ["a", "b"]) await place(store, id);
  const first = react(store, fulfilment(), { checkpoints: memoryCheckpoints() });
  await first.caughtUp();
  await first.stop();
  const { last_seq: before } = await streamState(connection, name);
  // The server has forgotten what came then: it takes a message id of that time once more.
  const named = headers();
  named.set("Nats-Msg-Id", "probe");
  const send = async (): Promise<boolean> => {
    const reply = await connection.request(`${name}.Probe.p`, "", {
      timeout: 5_000,
      headers: named,
    });
    return !reply.json<{ readonly duplicate?: boolean }>().duplicate;
  };
  expect(await send()).toBe(true);
  await until("the window to pass", send);

  const later = await site.client(name);
  const again = react(later.store, fulfilment(), { checkpoints: memoryCheckpoints() });
  await again.caughtUp();
  await again.stop();
  expect(await outcome(store)).toEqual(fulfilled("a", "b"));
  expect((await streamState(connection, name)).last_seq).toBe(before + 2);
});

test.concurrent("a reaction whose acknowledgement is lost is stored once", async () => {
  const name = storeName();
  const { store, connection: witness } = await site.client(name);
  const slow = await site.proxied(name);
  const states: string[] = [];
  const running = react(slow.store, fulfilment(), {
    checkpoints: memoryCheckpoints(),
    onState: (state) => states.push(state),
  });
  await running.caughtUp();
  for (let i = 0; i < 3; i++) {
    const { last_seq: before } = await streamState(witness, name);
    slow.proxy.holdOnceSent(`HPUB ${name}.`);
    await place(store, `o${i}`);
    await stored({ witness, stream: name }, before, 4);
    slow.proxy.drop();
    await running.reached(before + 1, { timeoutMs: 30_000 });
  }
  await running.stop();
  expect(await outcome(store)).toEqual(fulfilled("o0", "o1", "o2"));
});

test.concurrent("who may not truncate reacts all the same, and is warned", async () => {
  const { store } = await site.client("lean");
  const warnings: StoreWarning[] = [];
  const connection = await site.connect({ user: "lean", pass: "p" });
  const own = await NatsStore.open(connection, {
    name: "lean",
    create: false,
    onWarning: (warning) => warnings.push(warning),
  });
  const reactor = fulfilment({ react: ({ id }) => commandTo(Order, id, { type: "Confirmed" }) });
  const running = react(own, reactor);
  const orders = 110;
  for (let i = 0; i < orders; i++) await place(store, "a");
  await running.caughtUp({ timeoutMs: 30_000 });
  await running.stop();
  await own.close();
  expect(await outcome(store)).toHaveLength(orders);
  expect(warnings.filter(({ code }) => code === "reactor")).toHaveLength(1);
});
