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
  return Object.freeze({
    family: aggregate.events.name,
    id: checkId(id),
    state: aggregate.initial(),
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
