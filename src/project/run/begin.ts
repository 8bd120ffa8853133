import { type EventStore, isJetfoldError, type Sequence } from "../../event/index.ts";
import { backOff, deadlineIn, rivalPace } from "../../event/backend/index.ts";
import type { RegisteredProjection } from "../../event/registry.ts";
import type { Checkpoints } from "../checkpoints/checkpoint.ts";
import { CheckpointKeeper } from "../checkpoints/keeper.ts";
import { familiesOf, selectedBy } from "../checkpoints/selected-by.ts";
import type { Lease } from "../failover/lease.ts";
import { type Found, lookUp } from "../checkpoints/look-up.ts";
import { lostCheckpoint } from "../checkpoints/lost.ts";
import { Aside } from "../parking/aside.ts";
import { keyOf } from "../aggregate-key.ts";
import type { Projection } from "../projection.ts";
import { beginEffects, stillOwed } from "./begin-effects.ts";
import { CommitHandler } from "./commit-handler.ts";
import { handOf } from "./hand.ts";
import { type Job, throughOutages } from "./job.ts";
import { Ledger } from "./ledger.ts";
import type { Status } from "./status.ts";

/** What {@link begin} needs besides the projection. */
export interface Beginning {
  /** Where to begin without a checkpoint. */
  readonly after: Sequence | "new";
  /** See `ObserveOptions.rebuild`. */
  readonly rebuild: boolean;
  readonly signal: AbortSignal;
  /** Called when the position moves. */
  readonly onPosition: (sequence: Sequence, commits: number) => void;
  readonly status: Status;
  /** Called when a checkpoint can't be saved, and with what a retry fails at for good. */
  readonly onError: (error: unknown) => Promise<void>;
  /** The right to run it, where others stand by. */
  readonly lease: Pick<Lease, "takeOverMs" | "check"> | undefined;
}

/**
 * Take up a projection's checkpoint, or make its first one, with the read model's place. Waits for
 * what is away. With a lease the checkpoint is written again as it is: then the former holder can't
 * change it any more, and what that has written just before is taken up, too.
 * @throws as {@link lookUp}; what its hooks throw
 */
export async function begin<Tx>(
  store: EventStore,
  projection: Projection<never, Tx>,
  checkpoints: Checkpoints<Tx>,
  beginning: Beginning,
): Promise<Job<Tx>> {
  const { signal, lease } = beginning;
  for (let conflicts = 0; ; conflicts++) {
    try {
      return await takeUp(store, projection, checkpoints, beginning);
    } catch (error) {
      const rival = lease !== undefined && isJetfoldError(error, "second-runner");
      if (!rival || conflicts === mostConflicts) throw error;
    }
    await backOff(conflicts, deadlineIn(Infinity), signal, rivalPace);
    lease?.check();
  }
}

/** A former holder writes once more at most, a process that was not told to stand by again and again. */
const mostConflicts = 10;

async function takeUp<Tx>(
  store: EventStore,
  projection: Projection<never, Tx>,
  checkpoints: Checkpoints<Tx>,
  { after, rebuild, signal, status, onPosition, onError, lease }: Beginning,
): Promise<Job<Tx>> {
  const { events } = projection;
  const waiting = { signal, status };
  const options = { onWarning: store.onWarning, ...(lease && { idleMs: lease.takeOverMs }) };
  const found = await throughOutages(waiting, () =>
    lookUp(store, projection, checkpoints, options),
  );
  const { resumed, home, active, lost } = found;
  const { at } = resumed;
  const assertHeld = (): void => lease?.check();
  const hands = handsOf(store, projection);
  const handler = new CommitHandler(projection, at?.cut, { assertHeld, signal, status, ...hands });
  const around = { cut: () => handler.cut, moved: onPosition };
  const ledger = new Ledger(store.storeId, selectedBy(events), at, around);
  // What is selected and stored by now ends there.
  const end = () => throughOutages(waiting, () => store.end(events, { signal }));
  let anew: Sequence | undefined;
  if (at === undefined) {
    anew = await begunAnew(projection, lost, rebuild, end);
    ledger.advance(after === "new" ? await end() : after);
  }
  const aside = new Aside(at === undefined ? stillOwed(projection, found, ledger) : resumed.parked);
  ledger.parked = aside.size;
  const entry = checkpoints.durable ? () => entryOf(projection, home, aside) : undefined;
  const failing = (error: unknown) => void onError(error);
  const kept = { store, entry, ledger, aside, onError: failing, active };
  const parts = { keeper: new CheckpointKeeper(resumed, kept), handler, ...hands, ledger, aside };
  const given = { store, projection, home, status, signal, onError, assertHeld };
  const job = { ...given, ...parts, ...newJob, transactional: checkpoints.transactional };
  const done = Math.min(at?.sequence ?? 0, at?.effects ?? Infinity);
  // What tells where the effects are to begin stays until it is in the checkpoint.
  if (anew === undefined) await throughOutages(waiting, () => job.keeper.enter(done));
  assertHeld();
  await makePlace(job, found, lease !== undefined, anew);
  if (at === undefined) await throughOutages(waiting, () => job.keeper.enter(ledger.sequence));
  return job;
}

function handsOf<Tx>(
  store: EventStore,
  { name, version }: Projection<never, Tx>,
): Pick<Job<Tx>, "hand" | "effectHand"> {
  const key = `${store.name}/${name}.${version}`;
  return { hand: handOf(key), effectHand: handOf(`${key}/effect`) };
}

const newJob = { active: false, owes: true, caughtUp: false };

/**
 * @param lost - see `Found.lost`
 * @param end - of what is stored now
 * @returns at or below which sequence the side effects are done of a projection that has run before
 *   and begins anew; undefined when it never ran
 * @throws {@link CheckpointError} when its checkpoint is lost and that is not told to be meant
 */
async function begunAnew<Tx>(
  projection: Projection<never, Tx>,
  lost: Sequence | undefined,
  rebuild: boolean,
  end: () => Promise<Sequence>,
): Promise<Sequence | undefined> {
  if (lost !== undefined && !rebuild) throw lostCheckpoint(projection, lost);
  return rebuild ? lost || end() : undefined;
}

/** How it is registered, for truncation to ask. */
function entryOf<Tx>(
  { name, version, events }: Projection<never, Tx>,
  home: string | undefined,
  aside: Aside,
): Omit<RegisteredProjection, "position"> {
  const parked = aside.list().map(keyOf);
  return {
    name,
    version,
    home,
    families: familiesOf(events),
    ...(parked.length > 0 && { parked }),
  };
}

/**
 * The first version is active from the start; a later one is built first.
 * @param fenced - the checkpoint is written even if nothing in it changes
 * @param anew - it has run before, and its effects are done at or below this sequence
 */
async function makePlace<Tx>(
  job: Job<Tx>,
  found: Found<Tx>,
  fenced: boolean,
  anew: Sequence | undefined,
): Promise<void> {
  const { projection, keeper, ledger } = job;
  const { at, active, parked } = found.resumed;
  const { version } = projection;
  const building = active !== undefined && active !== version;
  if (!building) await beginEffects(job, found, anew);
  const create = async (tx: Tx): Promise<void> => {
    if (anew !== undefined) await projection.drop?.(tx);
    if (at === undefined) await projection.create?.(tx);
    if (active === undefined || (anew !== undefined && !building)) await projection.activate?.(tx);
  };
  const park = at === undefined ? job.aside.list() : [];
  const release = at === undefined ? parked.filter((one) => job.aside.get(one) === undefined) : [];
  const work = (tx: Tx) => job.status.busy.awaited(create(tx));
  const step = { work, checkpoint: () => ledger.checkpoint(), park, release };
  if (active === undefined) await throughOutages(job, () => keeper.activate(step));
  else if (at === undefined || fenced) await throughOutages(job, () => keeper.write(step));
  job.active = !building;
}
