import { setImmediate } from "node:timers/promises";
import { onAbort } from "./abort.ts";
import { InvalidInputError } from "../errors.ts";

/** Ends a timer before its time; changes nothing afterwards. */
export type StopTimer = () => void;

/** How a timer runs. */
export interface TimerOptions {
  /** Keeps the process alive meanwhile. @default true */
  readonly ref?: boolean;
}

/** The longest that Node's timers take, in milliseconds: what is longer is over after 1 ms. */
const longestMs = 2 ** 31 - 1;

/**
 * Call something once, after a time of any length: Infinity is never, what is below 0 is over.
 * @throws {@link InvalidInputError} when the time is no number
 */
export function startTimer(ms: number, call: () => void, options: TimerOptions = {}): StopTimer {
  if (Number.isNaN(ms)) throw new InvalidInputError("ms", "must be a number", ms);
  let timer: NodeJS.Timeout;
  const wait = (leftMs: number): void => {
    const step = Math.min(leftMs, longestMs);
    timer = setTimeout(step === leftMs ? call : () => wait(leftMs - step), step);
    if (options.ref === false) timer.unref();
  };
  wait(Math.max(0, ms));
  return () => clearTimeout(timer);
}

/** Call something again and again, until it is stopped. @throws as {@link startTimer} */
export function every(ms: number, call: () => void, options: TimerOptions = {}): StopTimer {
  let stop: StopTimer;
  const wait = (): void => {
    stop = startTimer(ms, again, options);
  };
  const again = (): void => {
    wait();
    call();
  };
  wait();
  return () => stop();
}

/** Wait. @throws the signal's reason when aborted; as {@link startTimer} */
export async function delay(
  ms: number,
  { signal, ref }: TimerOptions & { readonly signal?: AbortSignal | undefined } = {},
): Promise<void> {
  signal?.throwIfAborted();
  let stopListening: (() => void) | undefined;
  await new Promise<void>((resolve, reject) => {
    const stop = startTimer(ms, resolve, ref === undefined ? {} : { ref });
    stopListening = onAbort(signal, () => {
      stop();
      reject(signal?.reason as Error);
    });
  });
  stopListening?.();
}

/** The promise, or a rejection with what `late` makes when it takes longer. @throws as {@link startTimer} */
export async function orLate<T>(
  promise: PromiseLike<T>,
  ms: number,
  late: () => unknown,
): Promise<T> {
  let stop: StopTimer | undefined;
  const over = new Promise<never>((_, reject) => {
    stop = startTimer(ms, () => reject(late()));
  });
  try {
    return await Promise.race([promise, over]);
  } finally {
    stop?.();
  }
}

/** Let everything else of the process that is due have its turn. */
export async function nextTurn(): Promise<void> {
  await setImmediate();
}
