import type { Family, Head, ImportedCommit, PreparedCommit, Revision } from "../event/index.ts";
import type { Fifo } from "./fifo.ts";
import type { Past } from "./past.ts";

/** One aggregate of an import. Small, because it stays to the end: there may be millions. */
export interface Lane {
  readonly family: Family;
  readonly id: string;
  /** Its head as it is stored, as far as this import knows; undefined before it was looked at. */
  head: Head | undefined;
  /** What was stored before and the source has not passed yet; undefined when there is nothing. */
  past: Past | undefined;
  /** The revision of the last event that the source gave. */
  given: Revision;
  /** Its commits that wait, the one under way first; undefined while there is none. */
  waiting: Fifo<Waiting> | undefined;
  /** Its head was found in the store once all was imported. */
  verified: boolean;
}

/** A commit on its way into the store. */
export interface Waiting {
  readonly prepared: PreparedCommit;
  /** Its place in the source, from 0. */
  readonly index: number;
  /** The revisions of its first and last event. */
  readonly first: Revision;
  readonly last: Revision;
}

/** All aggregates of an import, by family and id. */
export class Lanes {
  readonly #byFamily = new Map<string, FamilyLanes>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The families, one of each name. */
  get families(): Family[] {
    return [...this.#byFamily.values()].map(({ family }) => family);
  }

  find(family: string, id: string): Lane | undefined {
    return this.#byFamily.get(family)?.lanes.get(id);
  }

  /** The lane of a commit whose names are checked; a new one for a new aggregate. */
  of({ family, id }: ImportedCommit): Lane {
    let ofFamily = this.#byFamily.get(family.name);
    if (ofFamily === undefined) {
      ofFamily = { family, lanes: new Map() };
      this.#byFamily.set(family.name, ofFamily);
    }
    const known = ofFamily.lanes.get(id);
    if (known !== undefined) return known;
    const lane: Lane = {
      family: ofFamily.family,
      id,
      head: undefined,
      past: undefined,
      given: 0,
      waiting: undefined,
      verified: false,
    };
    ofFamily.lanes.set(id, lane);
    this.#size++;
    return lane;
  }

  *[Symbol.iterator](): Iterator<Lane> {
    for (const { lanes } of this.#byFamily.values()) yield* lanes.values();
  }
}

interface FamilyLanes {
  readonly family: Family;
  readonly lanes: Map<string, Lane>;
}

/** How an error names an aggregate. */
export function nameOf({ family, id }: Pick<Lane, "family" | "id">): string {
  return `${family.name} "${id}"`;
}
