import { copyWhole } from "../event/copy.ts";
import type { ConflictError, RejectedError } from "../event/index.ts";
import {
  type DomainEvent,
  type EventStore,
  isJetfoldError,
  type Published,
  type Revision,
  RevisionMismatchError,
  type Sequence,
} from "../event/index.ts";
import { backOff, rivalPace } from "../event/backend/index.ts";
import type { Aggregate, Foldable } from "./aggregate.ts";
import { cachedRoot } from "./cached.ts";
import { digestOf, withDigest } from "./command-digest.ts";
import { decide } from "./decision.ts";
import {
  beginExecution,
  type Executed,
  executed,
  type ExecuteOptions,
  type Execution,
} from "./execution.ts";
import { applyAll } from "./fold.ts";
import { type CaughtUp, catchUp, findOwn, storedResult } from "./own-commit.ts";
import { findOrNew } from "./read.ts";
import { takeTurn } from "./turn-taking.ts";
import type { Root } from "./root.ts";
import { rootAfterWrite } from "./after-write.ts";
import { checkKind, checkStore } from "../event/kinds.ts";

/** With services the options are required, since they carry them. */
export type ExecuteArguments<Services> = unknown extends Services
  ? [options?: ExecuteOptions]
  : [options: ExecuteOptions & { readonly services: Services }];

/**
 * Carry out a command: load the aggregate, let it decide, append what it decided; after a conflict
 * catch up and decide again, with jittered back-off, until the time budget is over. One commit id,
 * one `now` and the same new ids for all attempts.
 *
 * What is stored under the commit id is the result: a commit of this execution that was stored
 * although its acknowledgement was lost is found, and its root and events are returned, even if a
 * later attempt would decide otherwise. A rejection, or a decision for no events, counts only on
 * the leader's last commit.
 *
 * @throws {@link RejectedError} when the aggregate says no (`rejection` is what `process` threw);
 *   nothing was stored
 * @throws {@link RevisionMismatchError} when it is not at `expectedRevision`; nothing was stored
 * @throws a CommitIdReusedError when `compareCommand` shows that the commit under its id came of
 *   another command; nothing was stored
 * @throws {@link ConflictError} when the budget ended in a conflict; nothing was stored
 * @throws {@link UnknownOutcomeError} when it ended without an answer: call again with its commitId
 * @throws {@link TimeoutError} when the budget is over and `process` has not settled; nothing was stored
 * @throws the signal's reason when aborted, also while `process` is waited for
 * @throws what `process` threw that is no rejection, as it is; nothing was stored
 * @throws as `read` and `Publish.publish` otherwise
 */
export async function execute<State, Command, Event extends DomainEvent, Services = unknown>(
  store: EventStore,
  aggregate: Aggregate<State, Command, Event, Services>,
  id: string,
  command: NoInfer<Command>,
  ...[options = {}]: ExecuteArguments<Services>
): Promise<Executed<State, Event>> {
  checkStore(store, "publish");
  checkKind("aggregate", aggregate);
  const { services } = (options ?? {}) as { readonly services?: Services };
  const execution = beginExecution(id, options, services as Services);
  const given = copyWhole(command, "command");
  if (options.compareCommand === true) execution.digest = digestOf(given);
  try {
    if (options.commitId !== undefined) {
      const earlier = await findOwn(store, aggregate, execution);
      if (earlier !== undefined) return earlier;
    }
    return await attemptUntilDone(store, aggregate, given, execution);
  } finally {
    execution.turn?.end();
    execution.ending.end();
  }
}

async function attemptUntilDone<State, Command, Event extends DomainEvent, Services>(
  store: EventStore,
  aggregate: Aggregate<State, Command, Event, Services>,
  command: Command,
  execution: Execution<Services>,
): Promise<Executed<State, Event>> {
  const { seed, ending } = execution;
  const { id } = seed;
  const waiting = takeTurn(store, aggregate, execution);
  if (waiting !== undefined) await waiting;
  // A root in memory will do: what is appended is protected by its expectation, and a no is not
  // believed before the leader was asked.
  const cached = cachedRoot(store, aggregate, id)?.root;
  let root = cached ?? (await findOrNew(store, aggregate, id, { signal: ending.signal }));
  // Its own commit is known not to lie up to here, so what is stored under its id comes later.
  let since: Sequence | undefined;
  for (let attempt = 0; ; attempt++) {
    const { expectedRevision: revision } = execution;
    if (revision !== undefined && root.head.revision !== revision) {
      const expected = await atExpected(store, aggregate, root, execution, attempt > 0);
      if (expected.own !== undefined) return expected.own;
      root = expected.root;
    }
    const decision = await decideFresh(store, aggregate, root, command, execution, attempt > 0);
    root = decision.root;
    if (decision.events.length === 0) return executed(aggregate, root, []);
    since ??= root.head.sequence;
    try {
      return await append(store, aggregate, root, decision.events, execution, since);
    } catch (error) {
      if (!isJetfoldError(error, "conflict") || execution.deadline.leftMs() <= 0) throw error;
      execution.turn!.contest();
      const caughtUp = await afterConflict(store, aggregate, root, execution, attempt, error);
      if (caughtUp.own !== undefined) return caughtUp.own;
      root = caughtUp.root;
      if (caughtUp.whole) since = root.head.sequence;
      if (execution.turn!.isOver) {
        await takeTurn(store, aggregate, execution);
        root = laterOf(root, cachedRoot(store, aggregate, id)?.root);
      }
    }
  }
}

/**
 * The leader's root, where the one at hand is not at the revision that is expected.
 * @param fresh - the one at hand is the leader's
 * @throws {@link RevisionMismatchError} when that is at another one, too
 */
async function atExpected<State, Event extends DomainEvent>(
  store: EventStore,
  aggregate: Foldable<State, Event>,
  root: Root<State>,
  execution: Execution<unknown>,
  fresh: boolean,
): Promise<Pick<CaughtUp<State, Event>, "root" | "own">> {
  const caughtUp = fresh
    ? { root, own: undefined }
    : await catchUp(store, aggregate, root, execution);
  const { own, root: current } = caughtUp;
  if (own === undefined) assertExpected(aggregate, current, execution.expectedRevision);
  return caughtUp;
}

function assertExpected(
  { events }: { readonly events: { readonly name: string } },
  { id, head }: Root<unknown>,
  expected: Revision | undefined,
): void {
  if (expected === undefined || head.revision === expected) return;
  throw new RevisionMismatchError({ family: events.name, id }, expected, head.revision);
}

function laterOf<State>(one: Root<State>, other: Root<State> | undefined): Root<State> {
  return other !== undefined && other.head.sequence > one.head.sequence ? other : one;
}

/**
 * A command that has lost more often than this pauses as after its third conflict, so that it comes
 * before those that have lost less often.
 */
const mostPatient = 5;
const pressing = 2;

/** Back off and catch up; a budget that ends meanwhile ends in the conflict. */
async function afterConflict<State, Event extends DomainEvent>(
  store: EventStore,
  aggregate: Foldable<State, Event>,
  root: Root<State>,
  execution: Execution<unknown>,
  attempt: number,
  conflict: ConflictError,
): Promise<CaughtUp<State, Event>> {
  const { deadline, caller } = execution;
  const { signal } = execution.ending;
  try {
    await backOff(attempt > mostPatient ? pressing : attempt, deadline, signal, rivalPace);
    return await catchUp(store, aggregate, root, execution);
  } catch (error) {
    throw signal.aborted && !caller?.aborted ? conflict : error;
  }
}

/**
 * Decide on a root. A no, or nothing to do, is what nobody's expectation protects, so it counts
 * only on the leader's last commit: on a root that may be stale it is decided again.
 */
async function decideFresh<State, Command, Event extends DomainEvent, Services>(
  store: EventStore,
  aggregate: Aggregate<State, Command, Event, Services>,
  root: Root<State>,
  command: Command,
  execution: Execution<Services>,
  fresh: boolean,
): Promise<{ readonly root: Root<State>; readonly events: readonly Event[] }> {
  const { seed, turn } = execution;
  let rejection: RejectedError | undefined;
  try {
    const events = await decide(aggregate, root, command, seed, turn);
    if (events.length > 0 || fresh) return { root, events };
  } catch (error) {
    if (fresh || !isJetfoldError(error, "rejected")) throw error;
    rejection = error;
  }
  const { root: current } = await catchUp(store, aggregate, root, execution);
  if (current !== root) {
    assertExpected(aggregate, current, execution.expectedRevision);
    return { root: current, events: await decide(aggregate, current, command, seed, turn) };
  }
  if (rejection !== undefined) throw rejection;
  return { root, events: [] };
}

async function append<State, Command, Event extends DomainEvent, Services>(
  store: EventStore,
  aggregate: Aggregate<State, Command, Event, Services>,
  root: Root<State>,
  events: readonly Event[],
  execution: Execution<Services>,
  since: Sequence,
): Promise<Executed<State, Event>> {
  const { commitId, deadline, caller, seed } = execution;
  const state = applyAll(aggregate, root.state, events);
  const leftMs = deadline.leftMs();
  const metadata = withDigest(seed.metadata, execution.digest);
  const commit = { family: aggregate.events, id: seed.id, expect: root.head, events, metadata };
  const published: Published = await store.publish(commit, {
    commitId,
    budgetMs: Math.max(1, Math.ceil(leftMs)),
    ...(caller && { signal: caller }),
    retryOf: since,
  });
  if (published.repeated) return storedResult(store, aggregate, published, execution);
  const sentMs = deadline.endMs - leftMs;
  execution.turn!.appended(sentMs);
  const next = rootAfterWrite(store, aggregate, root, state, published, sentMs);
  return executed(aggregate, next, events);
}
