import {
  type DomainEvent,
  InvalidInputError,
  defineEvents,
  type NewCommit,
  type PublishOptions,
} from "jetfold";
import { MemoryLog, MemoryStore } from "jetfold/memory";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Appended, type AppendTarget, Publisher } from "../../src/event/backend/index.ts";
import { appendTarget } from "../../src/memory/append-target.ts";

type Noted = { type: "Noted"; text: string };
const Notes = defineEvents<Noted>()({ name: "Note", types: { Noted: {} } });
const note = (text = "mine"): Noted => ({ type: "Noted", text });

/** Time passes as soon as it is waited for, so that no attempt is left out on a busy machine. */
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  vi.setTimerTickMode("nextTimerAsync");
});
afterEach(() => void vi.useRealTimers());

/** More than any number of attempts that is borne by counting them. */
const many = 60;

/** Time for more attempts than that: a pause takes a second at most. */
const budgetMs = 100_000;

/** What a target answers to the nth append, given what really became of it. */
type Answer = (nth: number, append: () => Appended) => Appended;

/** A stream of several replicas: what is stored, what its leader shows, and what it answers. */
class Replicated {
  readonly log: MemoryLog;
  appends = 0;
  /** Whatever lies at a sequence bears the commit id that is asked for. */
  claimed = false;
  readonly #store: MemoryStore;
  readonly #new: AppendTarget;
  /** What a deposed leader still shows. */
  readonly #old: AppendTarget;
  #answer: Answer = (_, append) => append();
  #shownAfter = 0;

  private constructor(store: MemoryStore, log: MemoryLog, old: AppendTarget) {
    this.log = log;
    this.#store = store;
    this.#new = targetOf(store, log);
    this.#old = old;
  }

  /** @param others - messages of another aggregate that come first in both logs */
  static async start(others = 0): Promise<Replicated> {
    const logs = [new MemoryLog(), new MemoryLog()] as const;
    for (const log of logs) {
      for (let i = 0; i < others; i++) log.put("Note", "other", new Uint8Array([1]));
    }
    const [store, old] = await Promise.all(logs.map((log) => MemoryStore.open({ log })));
    return new Replicated(store!, logs[0], targetOf(old!, logs[1]));
  }

  /** From now on appends are answered so, and reads show the old log until so many were made. */
  answering(answer: Answer, shownAfter: number): void {
    this.#answer = answer;
    this.#shownAfter = shownAfter;
    this.appends = 0;
  }

  /** Show the old log until so many appends were made. */
  showOld(until: number): void {
    this.#shownAfter = until;
  }

  publish(commit: Partial<NewCommit> = {}, options: PublishOptions = {}): Promise<unknown> {
    const whole = { family: Notes, id: "a", expect: "new", events: [note()], ...commit } as const;
    return new Publisher(this.#target()).publish(whole, { budgetMs, ...options });
  }

  transact(commits: readonly NewCommit[], options: PublishOptions = {}): Promise<unknown> {
    return new Publisher(this.#target()).transact(commits, { budgetMs, ...options });
  }

  #target(): AppendTarget {
    const shown = (): AppendTarget => (this.appends < this.#shownAfter ? this.#old : this.#new);
    return {
      ...this.#new,
      replicated: true,
      last: (family, id, options) => shown().last(family, id, options),
      at: (selection, sequence, options) => shown().at(selection, sequence, options),
      replay: (selection, options) => shown().replay(selection, options),
      occupant: async (sequence, message, options) =>
        this.claimed
          ? { sameAggregate: false, sameCommitId: true }
          : shown().occupant(sequence, message, options),
      isDeleted: (sequence, options) => shown().isDeleted(sequence, options),
      append: async (messages) => this.#answer(++this.appends, () => this.log.append(messages)),
    };
  }

  /** The commit ids that are stored of an aggregate. */
  async stored(id = "a"): Promise<string[]> {
    const ids: string[] = [];
    for await (const commit of this.#store.replay(Notes.of(id)).commits())
      ids.push(commit.commitId);
    return ids;
  }
}

function targetOf(store: MemoryStore, log: MemoryLog): AppendTarget {
  return appendTarget(store, { assertOpen: () => undefined }, log, {});
}

/** Stored by the first attempt, whose answer is lost; then answered so. */
function storedThen(answer: Appended): Answer {
  return (nth, append) => {
    if (nth > 1) return answer;
    append();
    return { kind: "unknown", cause: new Error("lost") };
  };
}

describe("what a deposed leader answers and shows is borne until the true one is heard", () => {
  const answers: [string, Appended][] = [
    ["a conflict", { kind: "conflict" }],
    ["a duplicate where it shows nothing", { kind: "duplicate", sequence: 9 }],
    ["a duplicate where it shows another aggregate", { kind: "duplicate", sequence: 1 }],
  ];
  it.each(answers)("%s", async (_what, answer) => {
    const stream = await Replicated.start(1);
    stream.answering(storedThen(answer), many);
    expect(await stream.publish()).toMatchObject({ repeated: true, head: { sequence: 2 } });
    expect(await stream.stored()).toHaveLength(1);
  });

  it("a conflict on a head that it does not show", async () => {
    const stream = await Replicated.start();
    const first = (await stream.publish()) as { readonly head: NewCommit["expect"] };
    stream.answering(storedThen({ kind: "conflict" }), many);
    expect(await stream.publish({ expect: first.head })).toMatchObject({ repeated: true });
    expect(await stream.stored()).toHaveLength(2);
  });

  it("a conflict on a sequence that it does not show any more", async () => {
    const stream = await Replicated.start();
    await stream.publish();
    const lost = storedThen({ kind: "conflict" });
    stream.answering((nth, append) => {
      if (nth === 1) stream.showOld(many);
      return lost(nth, append);
    }, 0);
    expect(await stream.publish({ expect: 1 })).toMatchObject({ repeated: true });
    expect(await stream.stored()).toHaveLength(2);
  });

  it("a transaction that it knows and does not show", async () => {
    const stream = await Replicated.start();
    stream.answering(storedThen({ kind: "duplicate", sequence: undefined }), many);
    const parts = ["a", "b"].map((id) => ({ family: Notes, id, expect: "new", events: [note()] }));
    const commits = parts as unknown as NewCommit[];
    expect(await stream.transact(commits)).toMatchObject([{ repeated: true }, { repeated: true }]);
  });
});

describe("where nothing becomes certain the outcome is unknown, never refused", () => {
  const answers: [string, Appended][] = [
    ["a conflict on a head that is not shown", { kind: "conflict" }],
    ["a duplicate where nothing is shown", { kind: "duplicate", sequence: 50 }],
    ["a duplicate where another aggregate is shown", { kind: "duplicate", sequence: 1 }],
    ["a transaction that is known and not shown", { kind: "duplicate", sequence: undefined }],
  ];
  it.each(answers)("%s", async (_what, answer) => {
    const stream = await Replicated.start(1);
    stream.answering(() => answer, 0);
    const head = { sequence: 40, revision: 1, checksum: 1, links: [40] };
    await expect(stream.publish({ expect: head }, { commitId: "given" })).rejects.toMatchObject({
      code: "unknown-outcome",
    });
    expect(stream.appends).toBeGreaterThan(many);
  });

  it.each<[string, Error]>([
    ["too large by now", new InvalidInputError("events", "must fit", "a commit")],
    ["any error of the backend's", new TypeError("of the backend's")],
  ])("an attempt that is refused after one without an answer: %s", async (_what, refusal) => {
    const stream = await Replicated.start();
    stream.answering((nth) => {
      if (nth === 1) return { kind: "unknown", cause: new Error("lost") };
      throw refusal;
    }, 0);
    await expect(stream.publish()).rejects.toMatchObject({
      code: "unknown-outcome",
      cause: refusal,
    });
  });

  it.each([
    ["is another commit's when it was given", "given", "commit-id-reused"],
    ["is never another commit's when it was made for the call", undefined, "unknown-outcome"],
  ])("an id %s", async (_what, commitId, code) => {
    const stream = await Replicated.start();
    stream.answering(() => ({ kind: "duplicate", sequence: 1 }), 0);
    stream.claimed = true;
    const publishing = stream.publish({}, commitId === undefined ? {} : { commitId });
    await expect(publishing).rejects.toMatchObject({ code });
  });
});

describe("what is certain is told at once", () => {
  it("a conflict with a commit that follows what was expected", async () => {
    const stream = await Replicated.start();
    const first = (await stream.publish()) as { readonly head: NewCommit["expect"] };
    await stream.publish({ expect: first.head, events: [note("another")] });
    for (const expected of ["new", first.head] as const) {
      stream.answering((_, append) => append(), 0);
      await expect(stream.publish({ expect: expected })).rejects.toMatchObject({
        code: "conflict",
      });
      expect(stream.appends).toBe(1);
    }
  });

  it("a conflict on a sequence that is another aggregate's", async () => {
    const stream = await Replicated.start();
    const other = (await stream.publish({ id: "b" })) as { readonly head: NewCommit["expect"] };
    stream.answering((_, append) => append(), 0);
    await expect(stream.publish({ expect: other.head })).rejects.toMatchObject({
      code: "conflict",
    });
    expect(stream.appends).toBe(1);
  });

  it("another commit under the id that was given", async () => {
    const stream = await Replicated.start();
    await stream.publish({}, { commitId: "x" });
    stream.answering((_, append) => append(), 0);
    const other = { events: [note("another")] as DomainEvent[] as never };
    const again = stream.publish(other, { commitId: "x" });
    await expect(again).rejects.toMatchObject({ code: "commit-id-reused" });
    expect(stream.appends).toBe(1);
  });
});

describe("an aggregate that is gone, though a head of it is known", () => {
  async function gone(): Promise<{ stream: Replicated; head: NewCommit["expect"] }> {
    const stream = await Replicated.start();
    const { head } = (await stream.publish()) as { readonly head: NewCommit["expect"] };
    await stream.publish({ id: "b" });
    stream.log.purge("Note", "a", 2);
    return { stream, head };
  }

  it("is a conflict, at once", async () => {
    const { stream, head } = await gone();
    stream.answering((_, append) => append(), 0);
    const next = stream.publish({ expect: head });
    await expect(next).rejects.toMatchObject({ code: "conflict", expected: 1, actual: 0 });
    expect(stream.appends).toBe(1);
  });

  it("but not where an attempt may have been stored, and be gone with it", async () => {
    const { stream, head } = await gone();
    const lost: Appended = { kind: "unknown", cause: new Error("lost") };
    stream.answering((nth, append) => (nth === 1 ? lost : append()), 0);
    const next = stream.publish({ expect: head });
    await expect(next).rejects.toMatchObject({ code: "unknown-outcome" });
  });
});
