import type { Sequence } from "../event/index.ts";
import type { Hand, Hands, Suspicion } from "../project/run/hand.ts";
import { errorFrom } from "./error-form.ts";
import type { Crashed, ToMain } from "./messages.ts";

/** What a thread shares of a hand: its memory is still there when the thread is not. */
export class SharedHand implements Hand {
  readonly buffer: SharedArrayBuffer;
  /** First and last in hand (0: nothing), and the last that ever was. */
  readonly #held: Float64Array;
  readonly #tellAcquitted: (sequence: Sequence) => void;
  #suspects: readonly Crashed[];

  constructor(crashed: readonly Crashed[], tellAcquitted: (sequence: Sequence) => void) {
    this.buffer = new SharedArrayBuffer(3 * Float64Array.BYTES_PER_ELEMENT);
    this.#held = new Float64Array(this.buffer);
    this.#tellAcquitted = tellAcquitted;
    this.#suspects = crashed;
  }

  hold(first: Sequence, last: Sequence): void {
    this.#held[0] = first;
    this.#held[1] = last;
    this.#held[2] = last;
  }

  release(): void {
    this.#held[0] = 0;
  }

  suspicionOf(sequence: Sequence): Suspicion | undefined {
    if (this.#suspects.length === 0) return undefined;
    const found = this.#suspects.filter(({ first, last }) => first <= sequence && sequence <= last);
    const one = found.find(({ crashes }) => crashes > 0) ?? found[0];
    return one && { crashes: one.crashes, cause: errorFrom(one.cause) };
  }

  acquit(sequence: Sequence): void {
    this.#suspects = this.#suspects.filter(({ last }) => last > sequence);
    this.#tellAcquitted(sequence);
  }
}

/** The hands of all projections of a thread. */
export class SharedHands implements Hands {
  readonly #crashed: readonly Crashed[];
  readonly #send: (message: ToMain) => void;
  readonly #hands = new Map<string, SharedHand>();

  /** @param crashed - what the threads before have crashed at */
  constructor(crashed: readonly Crashed[], send: (message: ToMain) => void) {
    this.#crashed = crashed;
    this.#send = send;
  }

  of(key: string): Hand {
    const known = this.#hands.get(key);
    if (known !== undefined) return known;
    const own = this.#crashed.filter((one) => one.key === key);
    const hand = new SharedHand(own, (sequence) =>
      this.#send({ kind: "acquitted", key, sequence }),
    );
    this.#hands.set(key, hand);
    this.#send({ kind: "hand", key, buffer: hand.buffer });
    return hand;
  }
}
