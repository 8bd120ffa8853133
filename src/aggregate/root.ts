import { copyOf } from "../event/copy.ts";
import { checkId, type DomainEvent, type Head, InvalidInputError, noHead } from "../event/index.ts";
import type { Foldable } from "./aggregate.ts";
import { assertFoldedBy, type Definition } from "./identity.ts";
import { checkKind } from "../event/kinds.ts";

/**
 * An aggregate's state as of one commit, with what a writer needs to append the next. Immutable:
 * writing returns a new root and leaves this one as it was.
 */
export interface Root<State> {
  readonly family: string;
  readonly id: string;
  readonly state: State;
  readonly head: Head;
  /** The last commit's id; undefined when there is no commit. */
  readonly commitId: string | undefined;
  /**
   * The newest time any of its commits was stored at, in milliseconds since 1970; 0 for none.
   * Undefined when it was not read along: just after a write, since an acknowledgement does not
   * tell it, and where commits were read without times, which is faster.
   */
  readonly latestMs: number | undefined;
  /** The revision of the snapshot or base it was read from; 0 when it was read from its events. */
  readonly snapshotRevision: number;
}

/** The root of an aggregate that has no commit yet: for `write`. */
export function newRoot<State>(aggregate: Foldable<State, DomainEvent>, id: string): Root<State> {
  return handOut(aggregate, emptyRoot(aggregate, id));
}

/** As {@link newRoot}, not to be given to anybody. */
export function emptyRoot<State>(aggregate: Foldable<State, DomainEvent>, id: string): Root<State> {
  checkKind("aggregate", aggregate);
  return Object.freeze({
    family: aggregate.events.name,
    id: checkId(id),
    state: copyOf(aggregate.initial()),
    head: noHead,
    commitId: undefined,
    latestMs: 0,
    snapshotRevision: 0,
  });
}

/** A root one commit further: the parts given, the rest as it was. */
export function advance<State>(
  { family, id, state, latestMs, snapshotRevision }: Root<State>,
  to: Pick<Root<State>, "head" | "commitId"> & Partial<Root<State>>,
): Root<State> {
  const { head, commitId } = to;
  return Object.freeze({
    family,
    id,
    state: "state" in to ? to.state : state,
    head,
    commitId,
    latestMs: "latestMs" in to ? to.latestMs : latestMs,
    snapshotRevision: to.snapshotRevision ?? snapshotRevision,
  });
}

/**
 * Keeps in a root that was handed out the one it was made of, and whose state it holds: private fields,
 * put on the object that is given. Nobody sees them, and a copy does not have them; they take a
 * quarter of the time of a property that is not enumerable.
 */
class Inside extends (function (given: object) {
  return given;
} as unknown as new (given: object) => object) {
  readonly #root: Root<unknown>;
  readonly #by: Definition;

  constructor(given: object, root: Root<unknown>, by: Definition) {
    super(given);
    this.#root = root;
    this.#by = by;
  }

  /** Undefined for a root made by hand. */
  static of<State>(
    given: Root<State>,
  ): { readonly root: Root<State>; readonly by: Definition } | undefined {
    if (!(#root in given)) return undefined;
    return { root: given.#root as Root<State>, by: given.#by };
  }
}

/**
 * A root for the user. The state of the one inside is nobody else's, and is what is written on, put
 * into snapshots and bases and kept in memory; the user's is a copy, made when it is first asked for.
 */
export function handOut<State>(by: Definition, root: Root<State>): Root<State> {
  return handOutWith(by, root, undefined);
}

/** As {@link handOut}, with more beside it. */
export function handOutWith<State, More extends object>(
  by: Definition,
  root: Root<State>,
  more: More,
): Root<State> & More;
export function handOutWith<State>(by: Definition, root: Root<State>, more: undefined): Root<State>;
export function handOutWith<State>(
  by: Definition,
  root: Root<State>,
  more: object | undefined,
): Root<State> {
  const { family, id, state, head, commitId, latestMs, snapshotRevision } = root;
  const { sequence, revision, checksum, links } = head;
  const given = {
    family,
    id,
    // A flat one is copied in less time than it takes to define a getter.
    state: isFlat(state) ? copyOf(state) : state,
    // Frozen links would be slow to read for every commit that is written on them.
    head: { sequence, revision, checksum, links: links.slice() },
    commitId,
    latestMs,
    snapshotRevision,
    ...more,
  };
  if (given.state === state) copyWhenAsked(given, state);
  return Object.freeze(new Inside(given, root, by) as object as Root<State>);
}

function isFlat(state: unknown): boolean {
  if (typeof state !== "object" || state === null) return true;
  for (const key in state) {
    const field = (state as Record<string, unknown>)[key];
    if (typeof field === "object" && field !== null) return false;
  }
  return true;
}

function copyWhenAsked<State>(given: { state: State }, state: State): void {
  if (typeof state !== "object" || state === null) return;
  let copy: State | undefined;
  const get = (): State => (copy ??= copyOf(state));
  Object.defineProperty(given, "state", { get, enumerable: true });
}

/**
 * The root that a user's is made of; of one made by hand, a copy.
 * @throws {@link InvalidInputError} when it is of another family, or another definition folded it
 */
export function takeIn<State>(
  aggregate: Foldable<State, DomainEvent>,
  given: Root<State>,
): Root<State> {
  checkKind("aggregate", aggregate);
  if (typeof given !== "object" || given === null) {
    throw new InvalidInputError("root", "must be a root", given);
  }
  if (given.family !== aggregate.events.name) {
    throw new InvalidInputError("root.family", `must be "${aggregate.events.name}"`, given.family);
  }
  const known = Inside.of(given);
  if (known === undefined) return advance(given, { ...given, state: copyOf(given.state) });
  assertFoldedBy(aggregate, known.by);
  return known.root;
}
