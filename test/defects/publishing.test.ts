import {
  CommitIdReusedError,
  ConflictError,
  defineAggregate,
  execute,
  read,
  readAfter,
  type Replay,
  write,
} from "jetfold";
import { afterAll, beforeAll, expect, test } from "vitest";
import { gather } from "../../src/testing/contract/gather.ts";
import { losingAnswer, stored } from "../faults/lose-answer.ts";
import { Site, storeName } from "../faults/site.ts";
import {
  Account,
  type AccountEvent,
  AccountEvents,
  CustomerEvents,
  deposited,
  fill,
  opened,
} from "./account.ts";

let site: Site;
beforeAll(async () => {
  site = await Site.start(1);
});
afterAll(() => site.close());

const family = AccountEvents;
const id = "ada";

async function logOf(store: Replay): Promise<AccountEvent[]> {
  return (await gather(store.replay(AccountEvents))).map(({ event }) => event);
}

test.concurrent("defect 15: a commit whose acknowledgement was lost is no conflict with itself", async () => {
  const name = storeName();
  const { connection: witness, store: other } = await site.client(name);
  const { store, proxy } = await site.proxied(name);
  const open = { type: "Open", owner: "Ada" } as const;
  const losing = { proxy, witness, stream: name };
  const executed = await losingAnswer(losing, () => execute(store, Account, id, open));
  expect(executed.events).toEqual([opened("Ada")]);
  expect(await logOf(other)).toEqual([opened("Ada")]);
});

test.concurrent("defect 15: nor when somebody else has appended before it could be told", async () => {
  const name = storeName();
  const { connection: witness, store: other } = await site.client(name);
  const { store, proxy } = await site.proxied(name);
  const { head } = await fill(other, id, 1);
  proxy.holdOnceSent(`HPUB ${name}.`);
  const publishing = store.publish({ family, id, expect: head, events: [deposited(1)] });
  await stored({ witness, stream: name }, head.sequence);
  await other.publish({ family, id, expect: "any", events: [deposited(2)] });
  proxy.drop();
  expect(await publishing).toMatchObject({ repeated: true, head: { revision: 2 } });
  expect(await logOf(other)).toEqual([opened(id), deposited(1), deposited(2)]);
});

test("defect 15: what is published again under its commit id is stored once", async () => {
  const { store } = await site.client(storeName());
  const commitId = "request-4711";
  const commit = { family, id, expect: "new", events: [opened("Ada")] } as const;
  const first = await store.publish(commit, { commitId });
  await store.publish({ family, id, expect: first.head, events: [deposited(1)] });
  expect(await store.publish(commit, { commitId })).toEqual({ ...first, repeated: true });
  await expect(store.publish(commit)).rejects.toThrow(ConflictError);
  const other = { ...commit, events: [opened("Eve")] };
  await expect(store.publish(other, { commitId })).rejects.toThrow(CommitIdReusedError);
  expect(await gather(store.replay(AccountEvents))).toHaveLength(2);
});

test("defect 16: a write that fails leaves its root as it was, to be caught up and used", async () => {
  const { store } = await site.client(storeName());
  const root = await fill(store, id, 2);
  const copy = structuredClone(root);
  await write(store, Account, root, [deposited(5)]);
  await expect(write(store, Account, root, [deposited(9)])).rejects.toThrow(ConflictError);
  expect(root).toEqual(copy);
  expect(Object.isFrozen(root)).toBe(true);
  const current = await readAfter(store, Account, root);
  expect((await write(store, Account, current, [deposited(9)])).state.cents).toBe(15);
});

test("defect 16: a reducer that throws stores nothing and takes no root away", async () => {
  const { store } = await site.client(storeName());
  await fill(store, id, 2);
  let knows = true;
  const Learning = defineAggregate({
    ...Account,
    name: "learning",
    apply(state, event) {
      if (!knows) throw new Error("the reducer does not know this");
      return Account.apply(state, event);
    },
  });
  const root = await read(store, Learning, id);
  knows = false;
  await expect(write(store, Learning, root, [deposited(1)])).rejects.toThrow("does not know this");
  expect(await store.end(AccountEvents)).toBe(root.head.sequence);
  knows = true;
  expect((await write(store, Learning, root, [deposited(1)])).head.revision).toBe(3);
});

test("defect 19: an append can take the aggregate as it is, or take several or none", async () => {
  const { store } = await site.client(storeName());
  const any = { family, id, expect: "any" } as const;
  await Promise.all([1, 2, 3, 4].map((n) => store.publish({ ...any, events: [deposited(n)] })));
  const root = await read(store, Account, id);
  expect(root).toMatchObject({ state: { cents: 10 }, head: { revision: 4 } });
  const renamed = { type: "Renamed", name: "Ada" } as const;
  const customer = { family: CustomerEvents, id, expect: "new", events: [renamed] } as const;
  const account = { family, id, expect: root.head, events: [deposited(5)] } as const;
  await store.transact([customer, account]);
  await expect(store.transact([{ ...customer, id: "bob" }, account])).rejects.toThrow(
    ConflictError,
  );
  expect(await gather(store.ids(CustomerEvents))).toEqual([id]);
  expect((await read(store, Account, id)).state.cents).toBe(15);
});

test("defect 19: commands that race are retried until each is carried out once", async () => {
  const { store } = await site.client(storeName());
  await execute(store, Account, id, { type: "Open", owner: "Ada" });
  const command = { type: "Deposit", amounts: [1] } as const;
  await Promise.all(Array.from({ length: 5 }, () => execute(store, Account, id, command)));
  expect(await read(store, Account, id)).toMatchObject({
    state: { cents: 5 },
    head: { revision: 6 },
  });
});
