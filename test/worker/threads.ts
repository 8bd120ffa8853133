import type { Worker } from "node:worker_threads";

/** The threads that this process has started since, oldest first. */
export class Threads {
  readonly all: Worker[] = [];
  readonly #listener = (worker: Worker): void => void this.all.push(worker);

  constructor() {
    process.on("worker", this.#listener);
  }

  get last(): Worker {
    return this.all.at(-1)!;
  }

  close(): void {
    process.off("worker", this.#listener);
  }
}

/** What keeps this process alive, by kind, as far as a worker's handle could. */
export function held(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) {
    if (/Worker|MessagePort|Timeout/.test(kind)) counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}
