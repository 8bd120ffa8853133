import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { deserialize, serialize } from "node:v8";

/**
 * Where a read model is kept, so that it outlives its thread as its checkpoint does. It is replaced
 * as a whole: a crash leaves what was there before, or what is there now.
 */
export class ReadModelFile<Memory> {
  readonly #path: string;

  constructor(directory: string, name: string) {
    this.#path = join(directory, name);
  }

  /** Undefined before the first `write`. */
  read(): Memory | undefined {
    if (!existsSync(this.#path)) return undefined;
    return deserialize(readFileSync(this.#path)) as Memory;
  }

  write(memory: Memory): void {
    const unfinished = `${this.#path}.new`;
    writeFileSync(unfinished, serialize(memory));
    renameSync(unfinished, this.#path);
  }

  remove(): void {
    rmSync(this.#path, { force: true });
  }
}
