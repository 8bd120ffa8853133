import { takeOptions } from "../event/arguments.ts";
import type { Commit, Envelope, EventStore, Selectable } from "../event/index.ts";
import {
  type Checkpoints,
  defineProjection,
  kvCheckpoints,
  observe,
  type ObserveOptions,
  type Projection,
  type Running,
} from "../project/index.ts";
import { observeRules } from "../project/observe.ts";
import { lookUp } from "./done.ts";
import { type Cause, reactOnce } from "./reaction.ts";
import type { Reactor } from "./reactor.ts";
import { checkKind, checkStore } from "../event/kinds.ts";

/** Where a reactor begins, where its position is kept, and what stops it. */
export interface ReactOptions<Tx = undefined> extends Omit<ObserveOptions<Tx>, "checkpoints"> {
  /** Where its position is kept. @default in the store, see `kvCheckpoints` */
  readonly checkpoints?: Checkpoints<Tx>;
}

/**
 * Run a reactor, as `observe` runs a projection: from its checkpoint on, in order, supervised, with
 * the same ways to wait, retry and stop.
 *
 * The commands of an event are stored exactly once, however late and however often it comes again
 * (after a crash, a retry of what was parked, under a new version, from a second process): a note of
 * what was done is stored in one transaction with them, on the note before it. What `react` asks
 * outside is asked at least once, with a key that stays the same.
 *
 * Without a checkpoint it begins with all of history: give `after: "new"` when the past is not to be
 * reacted to. Needs the rights of a writer, and those of truncation for its notes to be cut.
 */
export function react<S extends Selectable, Tx = undefined>(
  store: EventStore,
  reactor: Reactor<S>,
  given: ReactOptions<Tx> = {},
): Running {
  checkStore(store, "subscribe");
  checkKind("reactor", reactor);
  const { checkpoints, ...options } = takeOptions("react", given, observeRules);
  const kept = checkpoints ?? (kvCheckpoints(store) as unknown as Checkpoints<Tx>);
  const projection = projectionOf(store, reactor, kept.transactional);
  return observe(store, projection as Projection<Selectable, Tx>, {
    ...options,
    checkpoints: kept,
  });
}

function projectionOf<S extends Selectable>(
  store: EventStore,
  reactor: Reactor<S>,
  transactional: boolean,
) {
  const { react: _, onRejected: __, reactToBase, ...shared } = reactor;
  const { name } = reactor;
  return defineProjection<Selectable>({
    ...shared,
    // A reaction is slow: no transaction of a read model waits for several.
    ...(transactional && { batch: { commits: 1, ms: 0 } }),
    prepare: (envelopes) => lookUp(store, name, envelopes),
    project: (envelope) =>
      reactOnce(store, name, envelope, {
        react: (context) => reactor.react(envelope as never, context),
        onRejected: (rejection, context) =>
          reactor.onRejected?.(anew(envelope) as never, rejection, context),
      }),
    ...(reactToBase && {
      projectBase: (commit) =>
        reactOnce(store, name, causeOf(commit), {
          react: (context) => reactToBase.call(reactor, commit as never, context),
        }),
    }),
  });
}

/** The envelope with its event as stored: `react` has had the other. */
function anew({ commit, index }: Envelope): Envelope {
  return commit.asStored().envelopes.find((one) => one.index === index)!;
}

function causeOf(commit: Commit): Cause {
  const { family, id, lastRevision: revision } = commit;
  return { family, id, revision, commit };
}
