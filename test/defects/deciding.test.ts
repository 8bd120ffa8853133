import {
  type Commit,
  execute,
  find,
  isJetfoldError,
  observe,
  type ProcessContext,
  read,
  RejectedError,
  UnknownOutcomeError,
  write,
} from "jetfold";
import { afterAll, beforeAll, expect, test } from "vitest";
import { gather } from "../../src/testing/contract/gather.ts";
import { Site, storeName } from "../faults/site.ts";
import {
  Account,
  type AccountCommand,
  type AccountEvent,
  AccountEvents,
  type AccountState,
  deposited,
  fill,
  NotOpen,
  opened,
} from "./account.ts";
import { recorder } from "./recorder.ts";

let site: Site;
beforeAll(async () => {
  site = await Site.start(1);
});
afterAll(() => site.close());

const family = AccountEvents;
const id = "ada";

test("defect 18: a command leads to no event, to one, or to several in one commit", async () => {
  const { store } = await site.client(storeName());
  const one = await execute(store, Account, id, { type: "Open", owner: "Ada" });
  const none = await execute(store, Account, id, { type: "Deposit", amounts: [] });
  expect([none.events, none.head]).toEqual([[], one.head]);
  const several = await execute(store, Account, id, { type: "Deposit", amounts: [1, 2, 3] });
  expect(several.events).toEqual([1, 2, 3].map(deposited));
  const commits = await gather(store.replay(AccountEvents).commits());
  const revisions = commits.map(({ envelopes }) => envelopes.map(({ revision }) => revision));
  expect(revisions).toEqual([[1], [2, 3, 4]]);
});

test("defect 24: a decision may wait, and is given id, time, new ids, metadata and services", async () => {
  const { store } = await site.client(storeName());
  let seen: Partial<ProcessContext> = {};
  interface Bank {
    ownerOf(account: string): Promise<string>;
  }
  const process = async (
    _: AccountState,
    __: AccountCommand,
    { newId, signal, services, ...context }: ProcessContext<Bank>,
  ): Promise<AccountEvent[]> => {
    seen = { ...context, newId: () => newId() };
    expect(signal.aborted).toBe(false);
    return [opened(await services.ownerOf(context.id)), opened(newId())];
  };
  const services: Bank = { ownerOf: async (account) => `the owner of ${account}` };
  const now = new Date("2026-11-20T12:00:00Z");
  const options = { services, now, metadata: { actor: "derek" } };
  const open = { type: "Open", owner: "" } as const;
  const { events } = await execute(store, { ...Account, process }, id, open, options);
  expect(seen).toMatchObject({ id, now, metadata: { actor: "derek" } });
  expect(events[0]).toEqual(opened("the owner of ada"));
  expect(events[1]).toEqual(opened(expect.stringMatching(/^[0-9a-f-]{36}$/) as never));
});

test("defect 25: a domain's error comes back as it was thrown, and nothing else looks like it", async () => {
  const { store } = await site.client(storeName());
  const rejected: unknown = await execute(store, Account, id, {
    type: "Deposit",
    amounts: [1],
  }).catch((error: unknown) => error);
  expect(rejected).toBeInstanceOf(RejectedError);
  expect(rejected).toMatchObject({ code: "rejected", family: "Account", id });
  expect((rejected as Error).cause).toBeInstanceOf(NotOpen);
  expect(await find(store, Account, id)).toBeUndefined();
  const broken = new NotOpen("of a projection");
  const { projection } = recorder({ name: "list", events: AccountEvents }, () => {
    throw broken;
  });
  const running = observe(store, projection);
  await fill(store, id, 1);
  await expect(running.done).rejects.toBe(broken);
});

test("defect 25: each failure has a code and says where, what it expected and what it found", async () => {
  const { store, proxy } = await site.proxied(storeName());
  const stale = await fill(store, id, 1);
  const root = await write(store, Account, stale, [deposited(1)]);
  const at = { family: "Account", id };
  const conflict = { code: "conflict", ...at, expected: 1, actual: 2 };
  await expect(write(store, Account, stale, [deposited(2)])).rejects.toMatchObject(conflict);
  const wrong = write(store, Account, root, [{ type: "Deposited", cents: Number.NaN }]);
  const input = { code: "invalid-input", field: "events[0].cents", value: Number.NaN };
  await expect(wrong).rejects.toMatchObject(input);
  await expect(read(store, Account, "bob")).rejects.toMatchObject({ code: "not-found", id: "bob" });
  await store.truncate(family, id, 2);
  const cut = gather(store.replay(family.of(id)));
  await expect(cut).rejects.toMatchObject({ code: "truncated", ...at, firstSequence: 2 });
  proxy.hold();
  const options = { commitId: "late", budgetMs: 200 };
  const late: unknown = await write(store, Account, root, [deposited(2)], options).catch(
    (error: unknown) => error,
  );
  proxy.release();
  expect(late).toBeInstanceOf(UnknownOutcomeError);
  expect(late).toMatchObject({ code: "unknown-outcome", commitId: "late" });
  expect(isJetfoldError(late, "unavailable")).toBe(false);
  const last: Commit | undefined = await store.last(family, id, { fresh: "leader" });
  expect(last!.commitId).toBe("late");
});
