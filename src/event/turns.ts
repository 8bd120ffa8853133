import { onAbort } from "./backend/abort.ts";
import { rivalPace } from "./backend/deadline.ts";
import { startTimer, type StopTimer } from "./backend/timer.ts";

/**
 * How long others wait at most for a turn in which a function of the user's has not settled, in
 * milliseconds. Who waits for another command of its own aggregate, inside that function, gets on
 * after this.
 */
const lentMs = 100;

/** For so long after a conflict with another process commands give way to it, in milliseconds. */
const contestedMs = 2_000;

/**
 * Who has just stored knows the head, and needs one round trip for the next command where the others
 * need two. So as long as both want the same, one goes on for this long at a stretch, in milliseconds,
 * and then gives way: by turns at each command they would be ten times as slow.
 */
const stretchMs = 100;

/** To give way lasts as long as those who have lost pause at most, and so many appends. */
const givenWayMs = rivalPace.longestMs;
const givenWayAppends = 3;

/** And no longer than this, in milliseconds: an append may have waited for an election. */
const longestPauseMs = 250;

/** So many keys are remembered before those that nobody has a turn at are dropped. */
const manyIdle = 256;

/** Lets those through who want the same, one after the other, in the order in which they came. */
export class Turns {
  /** A key's line stays when it is empty: a Map that things come and go in is copied now and then. */
  readonly #lines = new Map<string, Line>();
  #most = manyIdle;

  /** How many keys somebody has a turn at: 0 when nothing was left behind. */
  get size(): number {
    let held = 0;
    for (const line of this.#lines.values()) if (line.holder !== undefined) held++;
    return held;
  }

  /**
   * Take a turn, to be ended whatever happens.
   * @param signal - asked for only when others are before it
   * @returns a promise only when others are before it; it rejects with the signal's reason
   */
  take(key: string, signal: () => AbortSignal): Turn | Promise<Turn> {
    const line = this.#lines.get(key) ?? this.#add(key);
    return line.holder === undefined ? line.begin() : line.join(signal());
  }

  #add(key: string): Line {
    if (this.#lines.size >= this.#most) this.#dropIdle();
    const line = new Line();
    this.#lines.set(key, line);
    return line;
  }

  #dropIdle(): void {
    for (const [key, line] of this.#lines) if (line.holder === undefined) this.#lines.delete(key);
    this.#most = Math.max(manyIdle, 2 * this.#lines.size);
  }
}

/** Those who want the same. */
class Line {
  /** Whose turn it is, if it is anybody's. */
  holder: Turn | undefined;
  #waiting: Set<(turn: Turn) => void> | undefined;
  #contestedUntil = 0;
  /** Since when all that was sent was stored; undefined when nothing was since the last conflict. */
  #since: number | undefined;
  #appendMs = 0;

  /** See {@link Turn.contest}. */
  contest(): void {
    this.#contestedUntil = performance.now() + contestedMs;
    this.#since = undefined;
  }

  /** See {@link Turn.pauseMs}; the clock is asked only where there was a conflict. */
  pauseMs(): number {
    if (this.#contestedUntil === 0) return 0;
    const now = performance.now();
    if (now > this.#contestedUntil) return (this.#contestedUntil = 0);
    if (this.#since === undefined || now - this.#since < stretchMs) return 0;
    this.#since = undefined;
    return Math.min(longestPauseMs, givenWayMs + givenWayAppends * this.#appendMs);
  }

  /** See {@link Turn.appended}. */
  appended(sinceMs: number): void {
    if (this.#contestedUntil === 0) return;
    const now = performance.now();
    this.#since ??= now;
    this.#appendMs = now - sinceMs;
  }

  get isWaitedFor(): boolean {
    return this.#waiting !== undefined && this.#waiting.size > 0;
  }

  begin(): Turn {
    return (this.holder = new Turn(this));
  }

  join(signal: AbortSignal): Promise<Turn> {
    const waiting = (this.#waiting ??= new Set());
    return new Promise((resolve, reject) => {
      const called = (turn: Turn): void => {
        stopListening();
        resolve(turn);
      };
      waiting.add(called);
      const stopListening = onAbort(signal, () => {
        waiting.delete(called);
        reject(signal.reason as Error);
      });
      this.holder?.limit();
    });
  }

  next(): void {
    this.holder = undefined;
    if (!this.isWaitedFor) return;
    const [called] = this.#waiting!;
    this.#waiting!.delete(called!);
    called!(this.begin());
  }
}

/** A turn that was taken. */
export class Turn {
  readonly #line: Line;
  #over = false;
  #lent = false;
  #stopTimer: StopTimer | undefined;

  constructor(line: Line) {
    this.#line = line;
  }

  /** It was ended, or passed on because what it was lent for took too long. */
  get isOver(): boolean {
    return this.#over;
  }

  /** A function of the user's has not settled, and may never do. */
  lend(): void {
    this.#lent = true;
    this.limit();
  }

  /** That function has settled. */
  giveBack(): void {
    this.#lent = false;
    this.#stopTimer?.();
    this.#stopTimer = undefined;
  }

  /** Somebody may wait for it: while it is lent it ends in time. */
  limit(): void {
    if (!this.#lent || this.#stopTimer !== undefined || this.#over) return;
    if (this.#line.isWaitedFor) this.#stopTimer = startTimer(lentMs, () => this.end());
  }

  /** Another process wants the same, and came first. */
  contest(): void {
    this.#line.contest();
  }

  /** How long to give way to another process; 0 where none was met lately. */
  pauseMs(): number {
    return this.#line.pauseMs();
  }

  /** An append was acknowledged that was sent at this time, by `performance.now()`. */
  appended(sinceMs: number): void {
    this.#line.appended(sinceMs);
  }

  /** Twice is once. */
  end(): void {
    if (this.#over) return;
    this.#over = true;
    this.giveBack();
    this.#line.next();
  }
}
