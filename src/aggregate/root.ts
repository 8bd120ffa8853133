import { copyOf } from "../event/copy.ts";
import { checkId, type DomainEvent, type Head, noHead } from "../event/index.ts";
import type { Foldable } from "./aggregate.ts";

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
  return handOut(emptyRoot(aggregate, id));
}

/** As {@link newRoot}, not to be given to anybody. */
export function emptyRoot<State>(aggregate: Foldable<State, DomainEvent>, id: string): Root<State> {
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

/** Where a root that was handed out keeps the one it was made of. */
const inside: unique symbol = Symbol("inside");

/**
 * A root for the user. The state of the one inside is nobody else's, and is what is written on, put
 * into snapshots and bases and kept in memory; the user's is a copy, made when it is first asked for.
 */
export function handOut<State>(root: Root<State>): Root<State> {
  return Object.freeze(open(root));
}

/** As {@link handOut}, with more beside it. */
export function handOutWith<State, More extends object>(
  root: Root<State>,
  more: More,
): Root<State> & More {
  return Object.freeze(Object.assign(open(root), more));
}

function open<State>(root: Root<State>): Root<State> {
  const { family, id, head, commitId, latestMs, snapshotRevision } = root;
  let state: State | undefined;
  Object.freeze(head.links);
  const given: Root<State> = {
    family,
    id,
    get state() {
      return (state ??= copyOf(root.state));
    },
    head: Object.freeze(head),
    commitId,
    latestMs,
    snapshotRevision,
  };
  return Object.defineProperty(given, inside, { value: root });
}

/** The root that a user's is made of; of one made by hand, a copy. */
export function takeIn<State>(given: Root<State>): Root<State> {
  const { [inside]: known } = given as { readonly [inside]?: Root<State> };
  return known ?? advance(given, { ...given, state: copyOf(given.state) });
}
