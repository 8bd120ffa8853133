import type { EventStore, Sequence } from "jetfold";
import { commits$, events$, type EventsOptions, projected$, projectWith } from "jetfold/rx";
import { map, type Observable } from "rxjs";
import { expect } from "vitest";
import { counted, CounterEvents, OtherEvents } from "../faults/counter.ts";

const both = [CounterEvents, OtherEvents];

/** When subscriptions were left, to see that a test leaves them at all the moments it means to. */
export interface Left {
  beforeTheFirst: number;
  /** In the call that gave a value. */
  within: number;
  inHistory: number;
  live: number;
  /** By themselves, before they were left. */
  completed: number;
}

/** Let the process go on for a while. */
async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** A projector; it must not be given anything when nobody wants it any more. */
const project = async (sequence: Sequence, signal: AbortSignal): Promise<Sequence> => {
  // A throw would go to nobody.
  if (signal.aborted) queueMicrotask(() => expect.unreachable("begun after it was unsubscribed"));
  if (sequence % 3 === 0) await turns(sequence % 7);
  return sequence;
};

/** One of the ways to read a store, each giving sequences, which comes to the moment it is left at. */
function stream(
  store: EventStore,
  random: () => number,
  end: Sequence,
  moment: Moment,
  sure: boolean,
): Observable<Sequence> {
  const near = moment === "live" || moment === "end";
  const begin = near ? Math.max(0, end - 50) : 0;
  const first = sure || random() < 0.3;
  const after = first ? begin : begin + Math.floor(random() * (end - begin));
  const history: EventsOptions = { read: "history", after };
  const ways: EventsOptions[] = [{ after }, { read: "live" }];
  if (sure && !near) ways.length = 1;
  else if (moment !== "live") ways.push(history);
  const options = moment === "end" ? history : ways[Math.floor(random() * ways.length)]!;
  const bound = { buffer: Math.floor(random() * 20), concurrency: 1 + Math.floor(random() * 3) };
  const kind = random();
  if (kind < 0.25) return commits$(store, both, options).pipe(map(({ sequence }) => sequence));
  if (kind < 0.5) {
    type Sequenced = { readonly sequence: Sequence };
    const work = ({ sequence }: Sequenced, signal: AbortSignal) => project(sequence, signal);
    return projected$(store, both, work, { ...options, ...bound });
  }
  const sequences = events$(store, both, options).pipe(map(({ sequence }) => sequence));
  if (kind < 0.75) return sequences;
  return sequences.pipe(projectWith(project, { buffer: 100_000 }));
}

/** At which moment a subscription is left. */
const moments = ["first", "within", "after", "live", "time", "end"] as const;
type Moment = (typeof moments)[number];

/** When a subscription is left at the latest: after this time, or when its moment has come. */
function lastMoment(moment: Moment, count: number, sure: boolean): number {
  if (moment === "time") return count;
  return sure || moment === "live" || moment === "end" ? 60_000 : 250;
}

/** The first ones come to each moment in turn, however slow the machine is; the others by chance. */
const surely = 100;

/** Subscribe, and unsubscribe at a random moment. */
async function once(
  { store, random, left, onLook }: Leaving,
  end: Sequence,
  n: number,
): Promise<void> {
  const sure = n < surely;
  const moment = moments[sure ? n % moments.length : Math.floor(random() * moments.length)]!;
  const values = sure ? 0 : Math.floor(random() ** 3 * 400);
  const count = sure ? 0 : Math.floor(random() ** 2 * 100);
  let given = 0;
  let last = 0;
  let over = false;
  let leave = (): void => undefined;
  const wanted = new Promise<void>((resolve) => (leave = resolve));
  const reading = stream(store, random, end, moment, sure).subscribe({
    next(sequence) {
      onLook();
      expect(over, "a value after it was unsubscribed").toBe(false);
      last = sequence;
      given++;
      if (moment === "live" && last > end + (values % 3)) leave();
      if (moment === "after" && given > values) leave();
      if (moment !== "within" || given <= values) return;
      left.within++;
      over = true;
      reading.unsubscribe();
      leave();
    },
    error: (error: unknown) => expect.unreachable(String(error)),
    complete: () => (left.completed++, (over = true), leave()),
  });
  const timer = setTimeout(() => leave(), lastMoment(moment, count, sure));
  if (moment === "first") void turns(count % 6).then(leave);
  // Without a turn in between, what is unsubscribed has not even begun.
  if (moment !== "first" || count > 5) await wanted;
  clearTimeout(timer);
  if (!over) {
    if (given === 0) left.beforeTheFirst++;
    else if (last <= end) left.inHistory++;
    else left.live++;
  }
  over = true;
  reading.unsubscribe();
}

const atOnce = 20;

interface Leaving {
  readonly store: EventStore;
  readonly random: () => number;
  readonly left: Left;
  readonly onLook: () => void;
}

/** So many subscriptions, 20 at a time, while somebody writes. */
export async function leaveMany(
  store: EventStore,
  count: number,
  random: () => number,
  onLook: () => void = () => undefined,
): Promise<Left> {
  const left = { beforeTheFirst: 0, within: 0, inHistory: 0, live: 0, completed: 0 };
  let writing = true;
  const writer = (async () => {
    for (let step = 1; writing; step++) {
      const events = [counted("w", step)];
      await store.publish({ family: CounterEvents, id: "live", expect: "any", events });
      await turns(5);
    }
  })();
  let begun = 0;
  const one = async (): Promise<void> => {
    for (let n = begun++; n < count; n = begun++) {
      const end = await store.end(both);
      await once({ store, random, left, onLook }, end, n);
    }
  };
  try {
    await Promise.all(Array.from({ length: atOnce }, one));
  } finally {
    writing = false;
    await writer;
  }
  return left;
}
