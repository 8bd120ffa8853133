import { InvalidInputError } from "./errors.ts";
import { checkSequence, type Revision, type Sequence } from "./sequence.ts";

/**
 * What a writer must know of an aggregate to append to it. Publish returns it, a root carries it;
 * plain data, so it may be kept and come back.
 */
export interface Head {
  /** The sequence of its last commit; 0 when it has none. */
  readonly sequence: Sequence;
  /** The revision of its last event; 0 when it has none. */
  readonly revision: Revision;
  /** The checksum of its last commit, which the next one repeats; 0 when there is none. */
  readonly checksum: number;
  /** The sequences of its last commits, newest (`sequence`) first, at most {@link maxLinks}. */
  readonly links: readonly Sequence[];
}

/**
 * The links of a commit at `sequence` whose aggregate had these before it. In a stream that was
 * copied to lower sequences the older ones may lead beyond it, which no reader would take: then
 * there are none before.
 */
export function linksTo(sequence: Sequence, before: readonly Sequence[]): readonly Sequence[] {
  if ((before[0] ?? 0) >= sequence) return [sequence];
  return [sequence, ...(before.length < maxLinks ? before : before.slice(0, maxLinks - 1))];
}

/** How many back-links a commit carries: one more round trip for every 16 commits of a load. */
export const maxLinks = 16;

/** The head of an aggregate that has no commit yet. */
export const noHead: Head = Object.freeze({
  sequence: 0,
  revision: 0,
  checksum: 0,
  links: Object.freeze([]),
});

/**
 * What a writer expects of the aggregate; nothing is ever appended without it.
 * - a {@link Head} (or a root's `head`): it is unchanged since then
 * - a sequence: the same, known by its last sequence only (costs a read of that commit)
 * - `"new"`: it has no commit
 * - `"any"`: whatever it is now; a race is tried again within the budget
 */
export type Expectation = Head | Sequence | "new" | "any";

/** Check an expectation. @throws {@link InvalidInputError} when it is none of the four */
export function checkExpectation(expect: unknown): Expectation {
  if (expect === "new" || expect === "any") return expect;
  if (typeof expect === "number") return checkSequence("expect", expect);
  if (typeof expect !== "object" || expect === null) {
    throw new InvalidInputError("expect", 'must be a head, a sequence, "new" or "any"', expect);
  }
  return checkHead(expect as Head);
}

function checkHead(head: Head): Head {
  checkSequence("expect.sequence", head.sequence);
  checkSequence("expect.revision", head.revision);
  checkSequence("expect.checksum", head.checksum);
  const { links } = head;
  if (!Array.isArray(links) || links.length > maxLinks || (links[0] ?? 0) !== head.sequence) {
    throw new InvalidInputError("expect.links", "must begin with the head's sequence", links);
  }
  for (let i = 0; i < links.length; i++) {
    const link: unknown = links[i];
    if (!Number.isSafeInteger(link)) checkSequence(`expect.links[${i}]`, link);
    const smaller = i === 0 || (link as number) < links[i - 1]!;
    if ((link as number) > 0 && smaller) continue;
    throw new InvalidInputError(`expect.links[${i}]`, "must be smaller than the one before", link);
  }
  return head;
}
