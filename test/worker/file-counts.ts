import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Count, type Counts, countsOf, type Keeper } from "./counts.ts";

/** Counts that outlive their thread: a file for each aggregate, replaced whole. */
export class FileCounts implements Keeper {
  readonly #directory: string;
  readonly #written: string;

  constructor(directory: string) {
    this.#directory = directory;
    this.#written = join(directory, "..", "being-written");
    mkdirSync(directory, { recursive: true });
  }

  get(key: string): Count | undefined {
    try {
      return JSON.parse(readFileSync(join(this.#directory, key), "utf8")) as Count;
    } catch (error) {
      if ((error as { code?: string }).code === "ENOENT") return undefined;
      throw error;
    }
  }

  set(key: string, count: Count): void {
    writeFileSync(this.#written, JSON.stringify(count));
    renameSync(this.#written, join(this.#directory, key));
  }

  counts(): Counts {
    return countsOf(new Map(readdirSync(this.#directory).map((key) => [key, this.get(key)!])));
  }
}
