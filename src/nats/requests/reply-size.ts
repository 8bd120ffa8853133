/**
 * Guesses how large the next stored message is from those that came: as large as the largest of
 * late, falling slowly. Until the first one it is cautious.
 */
export class ReplySize {
  #guess: number;

  constructor(maxPayload: number) {
    this.#guess = Math.ceil(maxPayload / 8);
  }

  /** In bytes. */
  get guess(): number {
    return this.#guess;
  }

  saw(bytes: number): void {
    this.#guess = bytes > this.#guess ? bytes : Math.ceil(this.#guess * 0.95 + bytes * 0.05);
  }
}
