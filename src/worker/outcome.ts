/** A promise that is settled from outside, once; never rejects unhandled. */
export class Outcome {
  readonly promise: Promise<void>;
  #settle!: { resolve(): void; reject(error: unknown): void };
  #settled = false;

  constructor() {
    this.promise = new Promise((resolve, reject) => (this.#settle = { resolve, reject }));
    this.promise.catch(() => undefined);
  }

  get settled(): boolean {
    return this.#settled;
  }

  resolve(): void {
    this.#settled = true;
    this.#settle.resolve();
  }

  reject(error: unknown): void {
    this.#settled = true;
    this.#settle.reject(error);
  }
}
