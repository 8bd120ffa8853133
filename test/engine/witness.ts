import type { Envelope } from "jetfold";
import { expect } from "vitest";
import type { Counted } from "../faults/counter.ts";

/** Checks what is read: in order, each aggregate's steps without a gap or a repeat. */
export class Witness {
  readonly #steps = new Map<string, number>();
  #sequence = 0;
  count = 0;

  take({ family, id, sequence, revision, event }: Envelope<Counted>): void {
    const key = `${family}.${id}`;
    const step = (this.#steps.get(key) ?? 0) + 1;
    expect({ key, step: event.step, revision }).toEqual({ key, step, revision: step });
    expect(sequence).toBeGreaterThan(this.#sequence);
    this.#steps.set(key, step);
    this.#sequence = sequence;
    this.count++;
  }
}
