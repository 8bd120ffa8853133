import {
  concat,
  firstValueFrom,
  from,
  materialize,
  NEVER,
  type Observable,
  of,
  range,
  Subject,
  take,
  takeUntil,
  tap,
  timer,
} from "rxjs";
import { TestScheduler } from "rxjs/testing";
import { describe, expect, it, vi } from "vitest";
import { defineEvents, type Replay, type Subscribe } from "../event/index.ts";
import { commits$, events$, projected$, type Projector, projectWith } from "./index.ts";

const Notes = defineEvents<{ readonly type: "Noted" }>()({ name: "Note", types: { Noted: {} } });

/**
 * rxjs's virtual time, in which promises settle between two of its frames. Real time stands still
 * meanwhile: a read gives the event loop a turn after 10 ms of it, and would be a frame late.
 */
class Marbles extends TestScheduler {
  constructor() {
    super((actual, expected) => expect(actual).toEqual(expected));
  }

  /** Assert what is emitted in 40 frames; ten of the scheduler's units are one character. */
  async see(
    observable: Observable<unknown>,
    marbles: string,
    { unsubscribed, error = failure }: { unsubscribed?: string; error?: unknown } = {},
  ): Promise<void> {
    const seen = this.expectObservable(observable, unsubscribed);
    const clock = vi.spyOn(performance, "now").mockReturnValue(0);
    for (let frame = 0; frame < 40; frame++) {
      this.maxFrames = frame * 10;
      this.schedule(() => undefined, frame === 0 ? 0 : 10);
      this.flush();
      await new Promise((resolve) => setImmediate(resolve));
    }
    clock.mockRestore();
    seen.toBe(marbles, undefined, error);
    this.flush();
  }

  /** Takes so many frames for each value; 9 stands for a failure after one. */
  work(frames: Record<string, number> | number, log: string[] = []): Projector<unknown, string> {
    return async (value, signal) => {
      const name = String(value);
      const taking = typeof frames === "number" ? frames : frames[name]!;
      log.push(`+${name}`);
      signal.addEventListener("abort", () => log.push(`!${name}`));
      await firstValueFrom(timer(taking === 9 ? 10 : taking * 10, this));
      if (taking === 9) throw failure;
      log.push(`-${name}`);
      return name;
    };
  }
}

const failure = new Error("of the source or the projector");

/** What is read of a store, told by an Observable: the values stand for envelopes. */
function storeOf(source: Observable<unknown>) {
  const log = { taken: 0, begun: 0, ended: 0, options: [] as object[] };
  async function* read(signal: AbortSignal) {
    const queue: { kind: string; value?: unknown; error?: unknown }[] = [];
    let wake = (): void => undefined;
    const reading = source.pipe(materialize()).subscribe((one) => {
      queue.push(one);
      wake();
    });
    signal.addEventListener("abort", () => wake());
    log.begun++;
    try {
      for (;;) {
        signal.throwIfAborted();
        const one = queue.shift();
        if (one === undefined) await new Promise<void>((resolve) => (wake = resolve));
        else if (one.kind === "E") throw one.error;
        else if (one.kind === "C") return;
        else yield ((log.taken++, one.value));
      }
    } finally {
      reading.unsubscribe();
      log.ended++;
    }
  }
  const open = (_: unknown, { signal, ...options }: { signal: AbortSignal }) => {
    log.options.push(options);
    return { [Symbol.asyncIterator]: () => read(signal) };
  };
  return { log, store: { replay: open, subscribe: open } as unknown as Replay & Subscribe };
}

describe("events$", () => {
  it("gives what is read, and completes when it ends", async () => {
    const at = new Marbles();
    const { store, log } = storeOf(at.createHotObservable("-a-(bc)-|"));
    await at.see(events$(store, Notes, { read: "history", after: 3, until: 9 }), "-a-(bc)-|");
    expect(log).toMatchObject({ ended: 1, options: [{ after: 3, until: 9 }] });
  });

  it("passes the error of the read on, after what came before", async () => {
    const at = new Marbles();
    const { store } = storeOf(at.createHotObservable("-a-(b#)", undefined, failure));
    await at.see(events$(store, Notes), "-a-(b#)");
  });

  it("ends the read when it is unsubscribed, and gives nothing any more", async () => {
    const at = new Marbles();
    const { store, log } = storeOf(at.createHotObservable("-a-b-c-d"));
    await at.see(events$(store, Notes), "-a-b", { unsubscribed: "^---!" });
    expect(log).toMatchObject({ begun: 1, ended: 1, taken: 2 });
  });

  it("ends it in the middle of what came together", async () => {
    const at = new Marbles();
    const { store, log } = storeOf(at.createHotObservable("-(abc)-d"));
    await at.see(events$(store, Notes).pipe(take(2)), "-(ab|)");
    expect(log).toMatchObject({ ended: 1, taken: 2 });
  });

  it("reads anew for each subscription, and not before", async () => {
    const at = new Marbles();
    const { store, log } = storeOf(of("a"));
    const events = events$(store, Notes);
    expect(log.begun).toBe(0);
    await at.see(concat(events, events), "(aa|)");
    expect(log).toMatchObject({ begun: 2, ended: 2 });
  });

  it("asks for what is new only, or for everything after a sequence", async () => {
    const { store, log } = storeOf(of("a"));
    const onOutage = (): void => undefined;
    await firstValueFrom(events$(store, Notes, { read: "live", onOutage }));
    await firstValueFrom(events$(store, Notes, { after: 7 }));
    await firstValueFrom(events$(store, Notes));
    expect(log.options).toEqual([{ after: "new", onOutage }, { after: 7 }, {}]);
  });

  it("refuses a way of reading it does not know, and bounds that would not be heeded", async () => {
    const { store, log } = storeOf(of("a"));
    const wrong = [{ read: "all" }, { until: 3 }, { read: "live", after: 3 }];
    for (const options of wrong as object[]) {
      const refused = expect.objectContaining({ code: "invalid-input" }) as Error;
      await expect(firstValueFrom(events$(store, Notes, options))).rejects.toEqual(refused);
      await expect(firstValueFrom(commits$(store, Notes, options))).rejects.toEqual(refused);
    }
    expect(log.begun).toBe(0);
  });

  it("lets timers have their turn in the longest history", async () => {
    const { store, log } = storeOf(range(0, 2 ** 17));
    const endless = concat(events$(store, Notes), NEVER);
    let last = 0;
    const reading = endless.subscribe(() => last++);
    await new Promise((resolve) => setTimeout(resolve, 20));
    reading.unsubscribe();
    const had = last;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(had).toBeGreaterThan(0);
    expect(last).toBe(had);
    expect(log).toMatchObject({ ended: 1 });
    expect(log.taken).toBeLessThan(2 ** 17);
  });
});

describe("projected$", () => {
  it("gives the results in order, one at a time", async () => {
    const at = new Marbles();
    const { store } = storeOf(at.createHotObservable("-abc|"));
    await at.see(projected$(store, Notes, at.work(2), { buffer: 5 }), "---a-b-(c|)");
  });

  it("reads no more ahead than its buffer, and goes on when there is room", async () => {
    const at = new Marbles();
    const { store, log } = storeOf(from("abcdefgh"));
    const taken: number[] = [];
    const work = at.work(2);
    const noting: typeof work = async (value, signal) => {
      const result = await work(value, signal);
      taken.push(log.taken);
      return result;
    };
    await at.see(projected$(store, Notes, noting, { buffer: 2 }), "--a-b-c-d-e-f-g-(h|)");
    expect(taken).toEqual([3, 4, 5, 6, 7, 8, 8, 8]);
  });

  it("has several in hand, and still gives results in order", async () => {
    const at = new Marbles();
    const { store, log } = storeOf(from("abcd"));
    const begun: string[] = [];
    const work = at.work({ a: 5, b: 2, c: 1, d: 5 }, begun);
    const options = { buffer: 1, concurrency: 2 };
    await at.see(projected$(store, Notes, work, options), "-----(abc)(d|)");
    // What is done and waits for the first one counts: d is not read before a is handed on.
    expect(begun.indexOf("+d")).toBeGreaterThan(begun.indexOf("-a"));
    expect(log.taken).toBe(4);
  });

  it("puts the projector's error in the place of its result, and reads no further", async () => {
    const at = new Marbles();
    const { store, log } = storeOf(at.createHotObservable("abcdefgh"));
    const begun: string[] = [];
    const work = at.work({ a: 4, b: 9, c: 1 }, begun);
    await at.see(projected$(store, Notes, work, { buffer: 3, concurrency: 2 }), "----(a#)");
    expect(begun).toEqual(["+a", "+b", "-a", "!a", "!b"]);
    expect(log).toMatchObject({ ended: 1 });
  });

  it("gives the results of what came before the source's error or end", async () => {
    const at = new Marbles();
    const { store } = storeOf(at.createHotObservable("(ab#)", undefined, failure));
    await at.see(projected$(store, Notes, at.work(2), { buffer: 3 }), "--a-(b#)");
  });

  it("ends the read when it is unsubscribed while that waits for room", async () => {
    const at = new Marbles();
    const { store, log } = storeOf(from("abcdefgh"));
    const begun: string[] = [];
    const results = projected$(store, Notes, at.work(4, begun), { buffer: 1 });
    await at.see(results, "----a", { unsubscribed: "^-----!" });
    expect(begun).toEqual(["+a", "-a", "+b", "!a", "!b", "-b"]);
    expect(log).toMatchObject({ begun: 1, ended: 1, taken: 3 });
  });
});

describe("projectWith", () => {
  it("works on one value after another, and completes after the last result", async () => {
    const at = new Marbles();
    const source = at.createHotObservable("-abc|");
    await at.see(source.pipe(projectWith(at.work(2), { buffer: 2 })), "---a-b-(c|)");
  });

  it("gives results in order, however long each takes", async () => {
    const at = new Marbles();
    const work = at.work({ a: 6, b: 1, c: 3, d: 1 });
    const source = at.createHotObservable("-abcd-|");
    const results = source.pipe(projectWith(work, { buffer: 1, concurrency: 3 }));
    await at.see(results, "-------(abcd|)");
  });

  it("says when its buffer is full, after the results of what it has taken", async () => {
    const at = new Marbles();
    const source = at.createHotObservable("-abcd-e");
    const error: unknown = expect.objectContaining({ code: "overflow", limit: 2 });
    const results = source.pipe(projectWith(at.work(3), { buffer: 2 }));
    await at.see(results, "----a--b--(c#)", { error });
    // The source is left with the value that finds it full.
    at.expectSubscriptions(source.subscriptions).toBe("^---!");
    at.flush();
  });

  it("takes from a source that never pauses no more than it may hold", async () => {
    const at = new Marbles();
    const error: unknown = expect.objectContaining({ code: "overflow" });
    let made = 0;
    const source = range(0, 1_000_000).pipe(tap(() => made++));
    const results = source.pipe(projectWith(at.work(1), { buffer: 1 }));
    await at.see(results, "-0(1#)", { error });
    expect(made).toBe(3);
  });

  it("passes the source's error on after the results, and the projector's in its place", async () => {
    const at = new Marbles();
    const failing = at.createHotObservable("-ab#", undefined, failure);
    await at.see(failing.pipe(projectWith(at.work(2), { buffer: 2 })), "---a-(b#)");
    const later = new Marbles();
    const source = later.createHotObservable("-abc-d");
    const begun: string[] = [];
    const work = later.work({ a: 1, b: 9, c: 1, d: 1 }, begun);
    await later.see(source.pipe(projectWith(work, { buffer: 2 })), "--a#");
    expect(begun.filter((step) => step.startsWith("+"))).toEqual(["+a", "+b"]);
    later.expectSubscriptions(source.subscriptions).toBe("^--!");
    later.flush();
  });

  it("an error that a projector throws at once is one of its own, too", async () => {
    const at = new Marbles();
    const work = (): string => {
      throw failure;
    };
    await at.see(at.createHotObservable("-a-b").pipe(projectWith(work, { buffer: 1 })), "-#");
  });

  it("unsubscribed, aborts what is in hand, drops what waits, and leaves its source", async () => {
    const at = new Marbles();
    const source = at.createHotObservable("-abc--d");
    const begun: string[] = [];
    await at.see(source.pipe(projectWith(at.work(3, begun), { buffer: 5 })), "----a", {
      unsubscribed: "^----!",
    });
    expect(begun).toEqual(["+a", "-a", "+b", "!a", "!b", "-b"]);
    at.expectSubscriptions(source.subscriptions).toBe("^----!");
    at.flush();
  });

  it("unsubscribed by its projector while its source begins, takes nothing more", async () => {
    const stop = new Subject<void>();
    let made = 0;
    let begun = 0;
    const work = (): void => {
      begun++;
      stop.next();
    };
    const source = range(0, 1_000).pipe(tap(() => made++));
    const results = source.pipe(projectWith(work, { buffer: 2_000 }), takeUntil(stop));
    results.subscribe();
    await new Promise((resolve) => setImmediate(resolve));
    expect({ begun, made }).toEqual({ begun: 1, made: 2 });
  });

  it.each([{ buffer: -1 }, { buffer: 0.5 }, { buffer: 1, concurrency: 0 }])(
    "refuses %o",
    async (options) => {
      const refused = expect.objectContaining({ code: "invalid-input" }) as Error;
      const results = of(1).pipe(projectWith((value) => value, options));
      await expect(firstValueFrom(results)).rejects.toEqual(refused);
    },
  );
});
