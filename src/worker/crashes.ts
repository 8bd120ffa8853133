import type { Sequence } from "../event/index.ts";
import { formOf } from "./error-form.ts";
import type { Crashed, ToMain } from "./messages.ts";

/** So many events are remembered to have crashed a thread, the latest of them. */
const mostRemembered = 100;

/** So far back is looked for what ended a thread when nothing was in hand, in sequences. */
const mostUnclear = 1_000;

/** What a worker's projections had in hand when their threads crashed. */
export class Crashes {
  /** Of the present thread: see `SharedHand`. */
  readonly #hands = new Map<string, Float64Array>();
  /** Of single commits, oldest first. */
  readonly #single = new Map<string, Crashed>();
  /** Where nothing was in hand: the last that was, by projection. */
  #idleAt: ReadonlyMap<string, Sequence> = new Map();
  #unclear: readonly Crashed[] = [];

  /** For the next thread to be careful with. */
  get list(): readonly Crashed[] {
    return [...this.#single.values(), ...this.#unclear];
  }

  hear(message: Extract<ToMain, { kind: "hand" | "acquitted" }>): void {
    const { key } = message;
    if (message.kind === "hand") this.#hands.set(key, new Float64Array(message.buffer));
    else this.#single.delete(nameOf(key, message.sequence));
  }

  /** The thread has crashed. */
  count(error: unknown): void {
    const cause = formOf(error);
    const unclear: Crashed[] = [];
    const idleAt = new Map<string, Sequence>();
    for (const [key, [from = 0, last = 0, begun = 0]] of this.#hands) {
      const crashed = { key, crashes: 0, cause };
      if (from === 0) {
        idleAt.set(key, begun);
        // Twice at the same place: something that was begun there ends it later.
        const again = this.#idleAt.get(key) === begun;
        const first = Math.max(0, begun - mostUnclear);
        if (again) unclear.push({ ...crashed, first, last: begun });
      } else if (from < last) unclear.push({ ...crashed, first: from, last });
      else this.#countSingle({ ...crashed, first: from, last });
    }
    this.#hands.clear();
    this.#idleAt = idleAt;
    this.#unclear = unclear;
  }

  #countSingle(crashed: Crashed): void {
    const name = nameOf(crashed.key, crashed.first);
    const { crashes } = this.#single.get(name) ?? crashed;
    this.#single.delete(name);
    this.#single.set(name, { ...crashed, crashes: crashes + 1 });
    if (this.#single.size <= mostRemembered) return;
    const [oldest] = this.#single.keys();
    this.#single.delete(oldest!);
  }
}

function nameOf(key: string, sequence: Sequence): string {
  return `${key}/${sequence}`;
}
