import {
  ConflictError,
  execute,
  type Expectation,
  type Published,
  read,
  RejectedError,
  Rejection,
  snapshotAndTruncate,
  UnknownOutcomeError,
} from "jetfold";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Counter, counted, CounterEvents, moodyCounter, type OnDecision } from "./counter.ts";
import { stored } from "./lose-answer.ts";
import { type Client, Site, storeName } from "./site.ts";
import { flawsOf, type LoggedCommit, storedLog, streamState } from "./stored-log.ts";
import type { TcpProxy } from "./tcp-proxy.ts";
import { wrapStore } from "./wrap-store.ts";

const family = CounterEvents;
const id = "a";
const command = { by: "writer", step: 1 };

interface Stage {
  readonly writer: Client & { readonly proxy: TcpProxy };
  readonly name: string;
  rival(expect?: Expectation): Promise<Published>;
  /** Get ready to hold what follows the next append; wait until it is stored, act, cut. */
  loseNextAppend(then?: () => Promise<unknown>): Promise<{ readonly lost: Promise<void> }>;
  log(): Promise<LoggedCommit[]>;
}

describe.each([1, 3] as const)("execute, when an acknowledgement is lost, %i node(s)", (nodes) => {
  let site: Site;
  beforeAll(async () => {
    site = await Site.start(nodes);
  });
  afterAll(() => site.close());

  async function stage(): Promise<Stage> {
    const name = storeName();
    const other = await site.client(name);
    const writer = await site.proxied(name);
    return {
      writer,
      name,
      rival: (expect = "any") =>
        other.store.publish({ family, id, expect, events: [counted("rival", 1)] }),
      loseNextAppend: async (then) => {
        const { last_seq: before } = await streamState(other.connection, name);
        writer.proxy.holdOnceSent(`HPUB ${name}.`);
        const lose = async (): Promise<void> => {
          await stored({ witness: other.connection, stream: name }, before);
          await then?.();
          writer.proxy.drop();
        };
        return { lost: lose() };
      },
      log: () => storedLog(other.connection, name),
    };
  }

  function own(log: readonly LoggedCommit[]): readonly LoggedCommit[] {
    return log.filter(({ frame }) => frame.commitId === "mine");
  }

  test.concurrent("what is stored is the result, with another's commit after it", async () => {
    const { writer, rival, loseNextAppend, log } = await stage();
    await rival("new");
    let lost: Promise<void> | undefined;
    const moody = moodyCounter(async () => {
      ({ lost } = await loseNextAppend(() => rival()));
    });
    const result = await execute(writer.store, moody, id, command, { commitId: "mine" });
    await lost;
    const commits = await log();
    expect(own(commits).map(({ sequence }) => sequence)).toEqual([result.head.sequence]);
    expect(result.events).toEqual([counted("writer", 1)]);
    expect(result).toMatchObject({ commitId: "mine", state: { count: 2, last: "writer:1" } });
    expect(result.head.revision).toBe(2);
    expect(moody.attempts()).toBe(1);
    expect(commits).toHaveLength(3);
    expect(flawsOf(commits)).toEqual([]);
  });

  test.concurrent("a second decision that differs is stored once, and is the result", async () => {
    const { writer, rival, loseNextAppend, log } = await stage();
    await rival("new");
    let lost: Promise<void> | undefined;
    const onDecision: OnDecision = async (attempt) => {
      if (attempt === 1) await rival();
      else ({ lost } = await loseNextAppend(() => rival()));
    };
    const moody = moodyCounter(onDecision);
    const result = await execute(writer.store, moody, id, command, { commitId: "mine" });
    await lost;
    const commits = await log();
    expect(moody.attempts()).toBe(2);
    expect(own(commits)).toHaveLength(1);
    expect(own(commits)[0]!.frame.events).toHaveLength(2);
    expect(result.events).toEqual([counted("writer", 2), counted("writer", 2)]);
    expect(result.head).toMatchObject({ sequence: own(commits)[0]!.sequence, revision: 4 });
    expect(result.state).toEqual({ count: 4, last: "writer:2" });
    expect(flawsOf(commits)).toEqual([]);
  });

  test.concurrent("a conflict that lies: the first decision is the result, not a second", async () => {
    const { writer, rival, log } = await stage();
    await rival("new");
    let calls = 0;
    const lying = wrapStore(writer.store, {
      publish: async (commit, options) => {
        const published = await writer.store.publish(commit, options);
        if (++calls > 1) return published;
        await rival();
        throw new ConflictError({ family: family.name, id }, 1, 2);
      },
    });
    const moody = moodyCounter((attempt) => {
      if (attempt > 1) throw new Error("not twice");
    });
    const result = await execute(lying, moody, id, command, { commitId: "mine" });
    const commits = await log();
    expect(moody.attempts()).toBe(1);
    expect(own(commits)).toHaveLength(1);
    expect(result.events).toEqual([counted("writer", 1)]);
    expect(result).toMatchObject({ commitId: "mine", state: { count: 2, last: "writer:1" } });
    expect(result.head.sequence).toBe(own(commits)[0]!.sequence);
    expect(commits).toHaveLength(3);
  });

  test.concurrent("a late conflict that lies: what was stored counts, though decided otherwise", async () => {
    const { writer, rival, log } = await stage();
    await rival("new");
    let calls = 0;
    // The commit of the first attempt is stored after its conflict was told, and after catching up.
    let sendLate: (() => Promise<unknown>) | undefined;
    const lying = wrapStore(writer.store, {
      publish: async (commit, options) => {
        if (++calls > 1) return writer.store.publish(commit, options);
        sendLate = () => writer.store.publish(commit, options);
        throw new ConflictError({ family: family.name, id }, 1, 2);
      },
    });
    const moody = moodyCounter(async (attempt) => {
      if (attempt > 1) await sendLate?.();
    });
    const result = await execute(lying, moody, id, command, { commitId: "mine" });
    const commits = await log();
    expect(own(commits)).toHaveLength(1);
    expect(result.events).toEqual([counted("writer", 1)]);
    expect(result.state).toEqual({ count: 2, last: "writer:1" });
    expect(result.head.sequence).toBe(own(commits)[0]!.sequence);
    expect(commits).toHaveLength(2);
  });

  test.concurrent("a rejection on a state that holds the own commit is not reported", async () => {
    const { writer, rival, log } = await stage();
    await rival("new");
    let calls = 0;
    let late: Promise<unknown> | undefined;
    const lying = wrapStore(writer.store, {
      publish: async (commit, options) => {
        if (++calls > 1) return writer.store.publish(commit, options);
        late = writer.store.publish(commit, options);
        await late;
        throw new ConflictError({ family: family.name, id }, 1, 2);
      },
    });
    const moody = moodyCounter((attempt) => {
      if (attempt > 1) throw new Rejection("taken");
    });
    const result = await execute(lying, moody, id, command, { commitId: "mine" }).catch(
      (error: unknown) => error,
    );
    expect(result).not.toBeInstanceOf(RejectedError);
    expect(result).toMatchObject({ commitId: "mine", state: { count: 2 } });
    expect(own(await log())).toHaveLength(1);
  });

  test.concurrent("a truncation right after it does not make it be carried out twice", async () => {
    const { writer, rival, loseNextAppend, log } = await stage();
    await rival("new");
    let lost: Promise<void> | undefined;
    const moody = moodyCounter(async (attempt) => {
      if (attempt > 1) return;
      const cut = async (): Promise<void> => {
        const other = await site.client(writer.store.name);
        const root = await read(other.store, Counter, id, { fresh: "leader" });
        await snapshotAndTruncate(other.store, Counter, root);
      };
      ({ lost } = await loseNextAppend(cut));
    });
    const result = await execute(writer.store, moody, id, command, { commitId: "mine" });
    await lost;
    expect(result.state).toEqual({ count: 2, last: "writer:1" });
    const { state } = await read(writer.store, Counter, id, { fresh: "leader" });
    expect(state.count).toBe(2);
    expect(await log()).toHaveLength(1);
  });

  test.concurrent("the budget ends: UnknownOutcomeError; the same id answers without deciding", async () => {
    const { writer, rival, log, name } = await stage();
    await rival("new");
    const moody = moodyCounter(() => writer.proxy.holdOnceSent(`HPUB ${name}.`));
    const startedMs = performance.now();
    const error: unknown = await execute(writer.store, moody, id, command, { budgetMs: 900 }).catch(
      (e: unknown) => e,
    );
    expect(error).toBeInstanceOf(UnknownOutcomeError);
    expect(performance.now() - startedMs).toBeLessThan(2_000);
    writer.proxy.drop();
    await rival();
    const { commitId } = error as UnknownOutcomeError;
    const undecided = moodyCounter(() => {
      throw new Error("decided again");
    });
    const result = await execute(writer.store, undecided, id, command, { commitId });
    expect(result.events).toEqual([counted("writer", 1)]);
    expect(result).toMatchObject({ commitId, state: { count: 2, last: "writer:1" } });
    const commits = await log();
    expect(commits.filter(({ frame }) => frame.commitId === commitId)).toHaveLength(1);
    expect(commits).toHaveLength(3);
    const current = await read(writer.store, Counter, id, { fresh: "leader" });
    expect(current.state).toEqual({ count: 3, last: "rival:1" });
  });
});
