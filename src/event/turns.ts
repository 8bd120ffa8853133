import { onAbort } from "./backend/abort.ts";
import { startTimer, type StopTimer } from "./backend/timer.ts";

/**
 * How long a turn lasts at most while a function of the user's has not settled, in milliseconds. Who
 * waits for another command of its own aggregate, inside that function, gets on after this.
 */
const lentMs = 100;

/** Lets those through who want the same, one after the other, in the order in which they came. */
export class Turns {
  readonly #lines = new Map<string, Line>();

  /** How many keys somebody has a turn at: 0 when nothing was left behind. */
  get size(): number {
    return this.#lines.size;
  }

  /**
   * Take a turn, to be ended whatever happens.
   * @param signal - asked for only when others are before it
   * @returns a promise only when others are before it; it rejects with the signal's reason
   */
  take(key: string, signal: () => AbortSignal): Turn | Promise<Turn> {
    const line = this.#lines.get(key);
    if (line !== undefined) return line.join(signal());
    const first = new Line(() => this.#lines.delete(key));
    this.#lines.set(key, first);
    return first.holder;
  }
}

/** Whose turn it is. */
class Line {
  holder: Turn;
  readonly #waiting = new Set<(turn: Turn) => void>();
  readonly #empty: () => void;

  constructor(empty: () => void) {
    this.#empty = empty;
    this.holder = new Turn(this);
  }

  get isWaitedFor(): boolean {
    return this.#waiting.size > 0;
  }

  join(signal: AbortSignal): Promise<Turn> {
    return new Promise((resolve, reject) => {
      const called = (turn: Turn): void => {
        stopListening();
        resolve(turn);
      };
      this.#waiting.add(called);
      const stopListening = onAbort(signal, () => {
        this.#waiting.delete(called);
        reject(signal.reason as Error);
      });
      this.holder.limit();
    });
  }

  next(): void {
    const [called] = this.#waiting;
    if (called === undefined) return this.#empty();
    this.#waiting.delete(called);
    this.holder = new Turn(this);
    called(this.holder);
  }
}

/** A turn that was taken. */
export class Turn {
  readonly #line: Line;
  #over = false;
  #lentAt: number | undefined;
  #stopTimer: StopTimer | undefined;

  constructor(line: Line) {
    this.#line = line;
  }

  /** It was ended, or passed on because what it was lent for took too long. */
  get isOver(): boolean {
    return this.#over;
  }

  /** A function of the user's has begun, and may never settle. */
  lend(): void {
    this.#lentAt = performance.now();
    this.limit();
  }

  /** That function has settled. */
  giveBack(): void {
    this.#lentAt = undefined;
    this.#stopTimer?.();
    this.#stopTimer = undefined;
  }

  /** Somebody may wait for it: while it is lent it ends in time. */
  limit(): void {
    if (this.#lentAt === undefined || this.#stopTimer !== undefined || this.#over) return;
    if (!this.#line.isWaitedFor) return;
    const leftMs = this.#lentAt + lentMs - performance.now();
    this.#stopTimer = startTimer(leftMs, () => this.end());
  }

  /** Twice is once. */
  end(): void {
    if (this.#over) return;
    this.#over = true;
    this.giveBack();
    this.#line.next();
  }
}
