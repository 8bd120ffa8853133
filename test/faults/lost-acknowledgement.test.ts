import {
  CommitIdReusedError,
  type Expectation,
  type Published,
  type PublishOptions,
  read,
  snapshotAndTruncate,
  UnknownOutcomeError,
} from "jetfold";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Counter, counted, CounterEvents, OtherEvents } from "./counter.ts";
import { losingAnswer, stored } from "./lose-answer.ts";
import { type Client, Site, storeName } from "./site.ts";
import { flawsOf, type LoggedCommit, storedLog, streamState } from "./stored-log.ts";
import type { TcpProxy } from "./tcp-proxy.ts";
import { until } from "./until.ts";

const family = CounterEvents;
const id = "a";

/** A writer behind a proxy, and another one who is not. */
interface Stage {
  readonly writer: Client & { readonly proxy: TcpProxy };
  readonly other: Client;
  readonly name: string;
  /** Publish as the writer, losing the acknowledgement once it is stored. */
  publish(
    expect: Expectation,
    options?: PublishOptions,
    then?: () => Promise<unknown>,
  ): Promise<Published>;
  /** Publish as the other. */
  rival(expect: Expectation): Promise<Published>;
  log(): Promise<LoggedCommit[]>;
}

describe.each([1, 3] as const)("when an acknowledgement is lost, %i node(s)", (nodes) => {
  let site: Site;
  beforeAll(async () => {
    site = await Site.start(nodes);
  });
  afterAll(() => site.close());

  async function stage(): Promise<Stage> {
    const name = storeName();
    const other = await site.client(name);
    const writer = await site.proxied(name);
    const losing = { proxy: writer.proxy, witness: other.connection, stream: name };
    const publish: Stage["publish"] = (expect, options, then) => {
      const commit = { family, id, expect, events: [counted("writer", 1)] };
      const extra = then && { then };
      return losingAnswer(losing, () => writer.store.publish(commit, options), { ...extra });
    };
    const rival = (expect: Expectation): Promise<Published> =>
      other.store.publish({ family, id, expect, events: [counted("rival", 1)] });
    return { writer, other, name, publish, rival, log: () => storedLog(other.connection, name) };
  }

  test.concurrent("publish on a new aggregate recognises its own commit", async () => {
    const { publish, log } = await stage();
    const published = await publish("new", { commitId: "mine" });
    expect(published).toMatchObject({ commitId: "mine", repeated: true });
    expect(published.head).toMatchObject({ revision: 1, links: [published.head.sequence] });
    const commits = await log();
    expect(commits.map(({ frame }) => frame.commitId)).toEqual(["mine"]);
    expect(commits[0]).toMatchObject({ sequence: published.head.sequence });
    expect(commits[0]!.frame.checksum).toBe(published.head.checksum);
  });

  test.concurrent("publish on a head, and on a sequence, recognises its own commit", async () => {
    const { publish, rival, log, writer } = await stage();
    const { head } = await rival("new");
    const second = await publish(head, { commitId: "second" });
    const third = await publish(second.head.sequence, { commitId: "third" });
    expect(third.head.links).toEqual([third.head.sequence, second.head.sequence, head.sequence]);
    const commits = await log();
    expect(commits.map(({ frame }) => frame.commitId).slice(1)).toEqual(["second", "third"]);
    expect(flawsOf(commits)).toEqual([]);
    const next = { family, id, expect: third.head, events: [counted("writer", 2)] };
    expect((await writer.store.publish(next)).head.revision).toBe(4);
  });

  test.concurrent("publish recognises its own commit below the commits of others", async () => {
    const { publish, rival, log } = await stage();
    const { head } = await rival("new");
    const mine = await publish(head, {}, async () => {
      for (let i = 0; i < 20; i++) await rival("any");
    });
    expect(mine).toMatchObject({ repeated: true, head: { revision: 2 } });
    const commits = await log();
    expect(commits).toHaveLength(22);
    expect(commits[1]!.frame.commitId).toBe(mine.commitId);
    expect(flawsOf(commits)).toEqual([]);
  });

  test.concurrent('publish on "any" stores one copy, whoever comes after it', async () => {
    const { rival, log, writer, other, name } = await stage();
    await rival("new");
    const witness = other.connection;
    const losing = { proxy: writer.proxy, witness, stream: name };
    const mine = await losingAnswer(
      losing,
      () => writer.store.publish({ family, id, expect: "any", events: [counted("writer", 1)] }),
      { then: () => rival("any") },
    );
    expect(mine).toMatchObject({ repeated: true, head: { revision: 2 } });
    const commits = await log();
    expect(commits).toHaveLength(3);
    expect(flawsOf(commits)).toEqual([]);
  });

  test.concurrent("a transaction is recognised as a whole, also below other commits", async () => {
    const { writer, other, rival, log, name } = await stage();
    const losing = { proxy: writer.proxy, witness: other.connection, stream: name };
    const { head } = await rival("new");
    const commits = [
      { family, id, expect: head, events: [counted("writer", 1), counted("writer", 2)] },
      { family: OtherEvents, id: "b", expect: "new", events: [counted("writer", 3)] },
      { family, id: "c", expect: "new", events: [] },
    ] as const;
    const published = await losingAnswer(
      losing,
      () => writer.store.transact(commits, { commitId: "deal" }),
      { count: 3, then: () => rival("any") },
    );
    expect(published.map(({ repeated }) => repeated)).toEqual([true, true, true]);
    expect(published.map((one) => one.head.revision)).toEqual([3, 1, 0]);
    const found = await log();
    const deal = found.filter(({ frame }) => frame.commitId === "deal");
    expect(deal.map(({ sequence }) => sequence)).toEqual(published.map((p) => p.head.sequence));
    expect(found).toHaveLength(5);
    expect(flawsOf(found)).toEqual([]);
  });

  test.concurrent("an acknowledgement that comes late changes nothing", async () => {
    const { writer, other, name, log } = await stage();
    const commit = { family, id, expect: "new", events: [counted("writer", 1)] } as const;
    writer.proxy.hold();
    const publishing = writer.store.publish(commit);
    await stored({ witness: other.connection, stream: name }, 0);
    await until("the answer", () => writer.proxy.heldBytes > 0);
    const first = writer.proxy.heldBytes;
    // It is not sent again: the server is asked for a sign of life, which is held back as well.
    await until("the sign of life", () => writer.proxy.heldBytes > first);
    writer.proxy.release();
    const published = await publishing;
    const commits = await log();
    expect(commits.map(({ sequence }) => sequence)).toEqual([published.head.sequence]);
  });

  test.concurrent("the budget ends: UnknownOutcomeError, and the same id finds the commit", async () => {
    const { writer, other, name, log, rival } = await stage();
    const commit = { family, id, expect: "new", events: [counted("writer", 1)] } as const;
    writer.proxy.hold();
    const startedMs = performance.now();
    const error: unknown = await writer.store.publish(commit, { budgetMs: 700 }).catch((e) => e);
    expect(error).toBeInstanceOf(UnknownOutcomeError);
    expect(performance.now() - startedMs).toBeLessThan(1_500);
    writer.proxy.drop();
    await rival("any");
    const { commitId } = error as UnknownOutcomeError;
    const again = await writer.store.publish(commit, { commitId });
    expect(again).toMatchObject({ commitId, repeated: true, head: { revision: 1 } });
    const different = { ...commit, events: [counted("writer", 9)] };
    await expect(writer.store.publish(different, { commitId })).rejects.toThrow(
      CommitIdReusedError,
    );
    expect(await log()).toHaveLength(2);
    expect((await streamState(other.connection, name)).messages).toBe(2);
  });

  test.concurrent("the budget ends while the leader is asked: UnknownOutcomeError in time", async () => {
    const { writer, rival, publish, log } = await stage();
    const { head } = await rival("new");
    const startedMs = performance.now();
    const publishing = publish(head, { commitId: "slow", budgetMs: 3_000 }, async () => {
      await rival("any");
      writer.proxy.holdOnceSent("$JS.API.STREAM.MSG.GET.");
    });
    expect(await publishing.catch((e: unknown) => e)).toBeInstanceOf(UnknownOutcomeError);
    expect(performance.now() - startedMs).toBeLessThan(6_000);
    writer.proxy.drop();
    expect(await log()).toHaveLength(3);
  });

  test.concurrent("and the commit is cut off before the retry: no ConflictError, which it was not", async () => {
    const { publish, rival, other, log } = await stage();
    const { head } = await rival("new");
    const publishing = publish(head, { commitId: "cut" }, async () => {
      const root = await read(other.store, Counter, id, { fresh: "leader" });
      await snapshotAndTruncate(other.store, Counter, root);
    });
    const outcome = await publishing.catch((error: unknown) => error);
    const told = outcome instanceof UnknownOutcomeError ? { repeated: true } : outcome;
    expect(told).toMatchObject({ repeated: true });
    expect((await read(other.store, Counter, id, { fresh: "leader" })).state.count).toBe(2);
    expect(await log()).toHaveLength(1);
  });

  test.concurrent("the connection is closed: the outcome is unknown, not 'nothing changed'", async () => {
    const { writer, other, name, log } = await stage();
    const commit = { family, id, expect: "new", events: [counted("writer", 1)] } as const;
    writer.proxy.hold();
    const publishing = writer.store
      .publish(commit, { commitId: "closed" })
      .catch((e: unknown) => e);
    await stored({ witness: other.connection, stream: name }, 0);
    await writer.connection.close();
    expect(await publishing).toBeInstanceOf(UnknownOutcomeError);
    expect(await other.store.publish(commit, { commitId: "closed" })).toMatchObject({
      repeated: true,
    });
    expect(await log()).toHaveLength(1);
  });
});
