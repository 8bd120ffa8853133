import { ConflictError, type EventStore, type Sequence } from "../../event/index.ts";
import { backOff, deadlineIn, rivalPace } from "../../event/backend/index.ts";
import type { RegisteredProjection } from "../../event/registry.ts";
import type { Checkpoints, ResumedCheckpoint } from "../checkpoints/checkpoint.ts";
import { CheckpointKeeper } from "../checkpoints/keeper.ts";
import { familiesOf, selectedBy } from "../checkpoints/selected-by.ts";
import { verifyCheckpoint } from "../checkpoints/verify.ts";
import type { Lease } from "../failover/lease.ts";
import { Aside } from "../parking/aside.ts";
import { keyOf } from "../aggregate-key.ts";
import type { Projection } from "../projection.ts";
import { SupersededError } from "../versions/superseded.ts";
import { CommitHandler } from "./commit-handler.ts";
import { type Job, throughOutages } from "./job.ts";
import { Ledger } from "./ledger.ts";
import type { Status } from "./status.ts";

/** What {@link begin} needs besides the projection. */
export interface Beginning {
  /** Where to begin without a checkpoint. */
  readonly after: Sequence | "new";
  readonly signal: AbortSignal;
  /** Called when the position moves. */
  readonly onPosition: (sequence: Sequence, commits: number) => void;
  readonly status: Status;
  /** Called when a checkpoint can't be saved. */
  readonly onError: (error: unknown) => void;
  /** The right to run it, where others stand by. */
  readonly lease: Pick<Lease, "takeOverMs" | "check"> | undefined;
}

/**
 * Take up a projection's checkpoint, or make its first one, with the read model's place. Waits for
 * what is away. With a lease the checkpoint is written again as it is: then the former holder can't
 * change it any more, and what that has written just before is taken up, too.
 * @throws as {@link verifyCheckpoint}; {@link SupersededError}; what its hooks throw
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
      const rival = lease !== undefined && error instanceof ConflictError;
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
  { after, signal, status, onPosition, onError, lease }: Beginning,
): Promise<Job<Tx>> {
  const { name, version, events } = projection;
  const waiting = { signal, status };
  const owner = { store: store.name, name, version };
  const { onWarning } = store;
  const options = { onWarning, ...(lease && { idleMs: lease.takeOverMs }) };
  const resumed = await throughOutages(waiting, () => checkpoints.resume(owner, options));
  const { at, active, parked } = resumed;
  if (active !== undefined && active > version) throw new SupersededError(name, version, active);
  const assertHeld = (): void => lease?.check();
  const handler = new CommitHandler(projection, at?.cut, assertHeld);
  const ledger = new Ledger(store.storeId, selectedBy(events), at, {
    cut: () => handler.cut,
    moved: onPosition,
  });
  if (at !== undefined) {
    await throughOutages(waiting, () => verifyCheckpoint(store, projection, at));
  } else {
    // What is selected and stored by now ends there.
    const now = () => store.end(events, { signal });
    ledger.advance(after === "new" ? await throughOutages(waiting, now) : after);
  }
  const aside = new Aside(parked);
  const home = await throughOutages(waiting, async () => checkpoints.home?.(store.name));
  const entry = checkpoints.durable ? () => entryOf(projection, home, aside) : undefined;
  const keeper = new CheckpointKeeper(resumed, { store, entry, ledger, onError });
  const { transactional } = checkpoints;
  const common = { store, projection, transactional, keeper, handler, ledger, aside };
  const job = { ...common, status, signal, assertHeld, active: false, owes: true, caughtUp: false };
  await throughOutages(waiting, () => keeper.enter(ledger.sequence));
  assertHeld();
  await makePlace(job, resumed, lease !== undefined);
  return job;
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
 */
async function makePlace<Tx>(
  job: Job<Tx>,
  { at, active }: ResumedCheckpoint<Tx>,
  fenced: boolean,
): Promise<void> {
  const { projection, keeper, ledger } = job;
  const { effect, version } = projection;
  const building = active !== undefined && active !== version;
  if (effect !== undefined && !building) {
    ledger.beginEffects(at?.effects ?? ledger.sequence, at?.lastEffect ?? at?.lastCommit);
  }
  const create = async (tx: Tx): Promise<void> => {
    if (at === undefined) await projection.create?.(tx);
    if (active === undefined) await projection.activate?.(tx);
  };
  const step = { work: create, checkpoint: () => ledger.checkpoint() };
  if (active === undefined) await throughOutages(job, () => keeper.activate(step));
  else if (at === undefined || fenced) await throughOutages(job, () => keeper.write(step));
  job.active = !building;
}
