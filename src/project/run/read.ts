import type {
  Commit,
  CorruptError,
  PoisonError,
  PoisonPolicy,
  Sequence,
} from "../../event/index.ts";
import { backOff, deadlineIn, JoinedSignal } from "../../event/backend/index.ts";
import { verdictOn } from "../../event/poison-policy.ts";
import type { BatchOptions } from "../projection.ts";
import { verifyCheckpoint } from "../checkpoints/verify.ts";
import { doOwed } from "../parking/retry.ts";
import { takeOver } from "../versions/take-over.ts";
import { apply, park, parkedAt } from "./apply.ts";
import { type Batch, batchesOf } from "./batches.ts";
import { doEffects } from "./effects.ts";
import { causeOf, HandlerFailure, isOutage } from "./handler-failure.ts";
import { type Job, throughOutages } from "./job.ts";

/** What was done with a batch. */
export interface Handled {
  readonly commits: readonly Commit[];
  /** How many events were handled. */
  readonly events: number;
}

/** Does something when nothing else is being handled. */
export type InTurn = <T>(use: () => Promise<T>) => Promise<T>;

/** What is given to it is done one after the other, in the order given. */
export function takingTurns(): InTurn {
  let turn: Promise<unknown> = Promise.resolve();
  return (use) => {
    const done = turn.then(use);
    turn = done.catch(() => undefined);
    return done;
  };
}

/**
 * Read from the position on, handle what comes, and tell of each batch when it is handled. An outage
 * is waited for, and reading goes on from the position. Ends when the signal aborts or the store is
 * closed.
 * @throws as `Subscribe.subscribe` and {@link apply}
 */
export async function* read<Tx>(
  job: Job<Tx>,
  inTurn: InTurn,
): AsyncGenerator<Handled, void, undefined> {
  for (let outages = 0; ; outages++) {
    const cancelled = new JoinedSignal(job.signal);
    cancelled.begin();
    const poisoned: Poisoned[] = [];
    try {
      await inTurn(() => catchUpEffects(job));
      const deliveries = subscribe(job, poisoned, cancelled.signal);
      const end = () => job.store.end(job.projection.events, { signal: job.signal });
      const batches = batchesOf(deliveries, batchOf(job), end, () => cancelled.abort());
      for await (const batch of batches) {
        // The subscription tells of its own outages only.
        if (outages > 0) job.status.goesOn();
        yield await inTurn(() => take(job, batch, poisoned));
        outages = 0;
      }
      return;
    } catch (error) {
      if (!isOutage(error) || job.signal.aborted) throw error;
      job.status.hindered("waiting", causeOf(error));
    } finally {
      cancelled.end();
    }
    await backOff(outages, deadlineIn(Infinity), job.signal);
    await stillThere(job);
  }
}

/** After an outage it may be another stream: a restored backup, say. */
async function stillThere<Tx>({ store, projection, ledger }: Job<Tx>): Promise<void> {
  try {
    await verifyCheckpoint(store, projection, ledger.checkpoint());
  } catch (error) {
    if (!isOutage(error)) throw error;
  }
}

/** For who has a use for batches, and for who has not: what is there anyway. */
const together = { commits: 500, ms: 50 };
const atHand = { commits: 100, ms: 0 };

function batchOf<Tx>({ projection }: Job<Tx>): Required<BatchOptions> {
  const { batch, projectBatch } = projection;
  const usual = batch === undefined && projectBatch === undefined ? atHand : together;
  const { commits = usual.commits, ms = usual.ms } = batch ?? {};
  return { commits, ms };
}

/** A message that can't be used, met by the reader some time before its turn. */
interface Poisoned {
  readonly sequence: Sequence;
  readonly error: PoisonError | CorruptError;
}

function subscribe<Tx>(job: Job<Tx>, poisoned: Poisoned[], signal: AbortSignal) {
  const { store, projection, ledger, status } = job;
  const parks = projection.onError?.policy === "park";
  const poison: PoisonPolicy = (error) => {
    const verdict = verdictOn(projection.poison, error);
    if (verdict !== "fail" || !parks) return verdict;
    poisoned.push({ sequence: error.sequence, error });
    return "skip";
  };
  const subscription = store.subscribe(projection.events, {
    after: ledger.sequence,
    poison,
    signal,
    onOutage: (cause) => {
      if (cause === undefined) status.goesOn();
      else status.hindered("waiting", cause);
    },
  });
  return subscription.batches();
}

/** Nothing that is in the read model is left without its side effects, where this version does any. */
async function catchUpEffects<Tx>(job: Job<Tx>): Promise<void> {
  await doEffects(job);
  if (!job.active || !job.owes) return;
  if (job.ledger.effects !== undefined) await doOwed(job);
  job.owes = false;
}

async function take<Tx>(job: Job<Tx>, batch: Batch, poisoned: Poisoned[]): Promise<Handled> {
  const { ledger, keeper, handler, status } = job;
  while (poisoned[0] !== undefined && poisoned[0].sequence <= batch.sequence) {
    await setAside(job, poisoned[0]);
    poisoned.shift();
  }
  const before = handler.handled;
  const behind = ledger.owesEffects;
  const handled = await apply(job, batch);
  if (ledger.sequence < batch.sequence) {
    ledger.advance(batch.sequence);
    keeper.note();
  }
  const end = () => throughOutages(job, () => job.store.end(job.projection.events));
  if (batch.caughtUp) await handler.assertBased(batch.sequence, end);
  if (batch.caughtUp && !job.caughtUp && !handler.lacksBase) {
    job.caughtUp = true;
    if (job.active) status.caughtUp();
  }
  if (job.active && !behind) await doEffects(job, handled);
  if (job.caughtUp && !job.active && (await takeOver(job))) {
    job.active = true;
    job.owes = true;
    status.caughtUp();
  }
  await catchUpEffects(job);
  return { commits: handled, events: handler.handled - before };
}

/** Park what is no commit, or one this code does not know, by the name its subject says. */
async function setAside<Tx>(job: Job<Tx>, { sequence, error }: Poisoned): Promise<void> {
  if (error.at.kind !== "commit") throw error;
  const { family, id } = error.at;
  const aggregate = { family, id };
  if (job.aside.holds(aggregate, sequence)) return;
  const failure = new HandlerFailure(error);
  failure.attempts = 1;
  await park(job, parkedAt({ ...aggregate, sequence }, failure));
}
