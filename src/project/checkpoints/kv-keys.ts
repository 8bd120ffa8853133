import { keyOf } from "../aggregate-key.ts";
import type { ParkedCommit } from "../parking/parked.ts";

/**
 * Where in a store's bucket everything of a projection is. The store is not named: the bucket is its
 * own, and a checkpoint says which store it is of.
 */
export class KvKeys {
  readonly active: string;
  readonly #name: string;

  constructor(name: string) {
    this.#name = name;
    this.active = `active.${name}`;
  }

  checkpoint(version: number): string {
    return `checkpoint.${this.#name}.${version}`;
  }

  /** What the keys of a version's parked commits begin with. */
  parked(version: number): string {
    return `parked.${this.#name}.${version}.`;
  }

  parkedAt(version: number, parked: ParkedCommit): string {
    return `${this.parked(version)}${keyOf(parked)}`;
  }
}
