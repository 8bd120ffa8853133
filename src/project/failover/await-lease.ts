import { isJetfoldError } from "../../event/index.ts";
import { orAbort } from "../../event/backend/index.ts";
import { delay } from "../../event/backend/timer.ts";
import { throughOutages } from "../run/job.ts";
import type { Status } from "../run/status.ts";
import type { LeaseCell } from "./lease-cell.ts";
import { Lease } from "./lease.ts";
import type { StoredLease } from "./stored-lease.ts";

/** Who waits for a lease. */
export interface Waiting {
  /** Aborts when it is not wanted any more. */
  readonly signal: AbortSignal;
  readonly status: Status;
  /** Called whenever it was looked at and is another's. */
  follow(): Promise<void>;
}

/** So many looks fit into the time after which it is taken from a silent holder. */
const looks = 5;

/**
 * Wait until the lease is free, or its holder has been silent for as long as it said, and take it.
 * Whoever gets it must release it. Waits for what is away.
 * @throws something when the signal aborts; what `follow` throws
 */
export async function awaitLease(cell: LeaseCell, waiting: Waiting): Promise<Lease> {
  const { signal, status, follow } = waiting;
  const silence = new Silence(cell.holder);
  let leftMs = 0;
  const look = async (): Promise<Lease | undefined> => {
    const stored = await cell.read(signal);
    leftMs = silence.leftMs(stored);
    return leftMs > 0 ? undefined : take(cell, stored?.revision ?? 0, signal);
  };
  for (;;) {
    const lease = await throughOutages(waiting, look);
    if (lease !== undefined) return lease;
    status.standsBy();
    await orAbort(throughOutages(waiting, follow), signal);
    await pause(cell, signal, leftMs > 0 ? leftMs : Infinity);
  }
}

/** Until the next look; never quite as long as others, so that they part. @throws when aborted */
export async function pause(
  { takeOverMs }: LeaseCell,
  signal: AbortSignal,
  mostMs: number = Infinity,
): Promise<void> {
  const ms = (takeOverMs / looks) * (0.8 + 0.4 * Math.random());
  await delay(Math.min(ms, mostMs), { signal });
}

/** For how long a lease was seen unchanged, by this process's clock. */
class Silence {
  readonly #own: string;
  #revision = 0;
  #sinceMs = 0;

  constructor(own: string) {
    this.#own = own;
  }

  /** How long to wait before it may be taken; not for one that is free, never was, or was lost here. */
  leftMs(stored: StoredLease | undefined): number {
    if (stored === undefined || stored.free || stored.holder === this.#own) return 0;
    if (stored.revision !== this.#revision) {
      this.#revision = stored.revision;
      this.#sinceMs = performance.now();
    }
    return this.#sinceMs + stored.takeOverMs - performance.now();
  }
}

/** @returns undefined when somebody else was quicker @throws the signal's reason */
async function take(
  cell: LeaseCell,
  expected: number,
  signal: AbortSignal,
): Promise<Lease | undefined> {
  signal.throwIfAborted();
  const taking = Lease.take(cell, expected);
  try {
    return await orAbort(taking, signal);
  } catch (error) {
    if (isJetfoldError(error, "bucket-conflict")) return undefined;
    const release = (lease: Lease): Promise<void> => lease.release();
    if (signal.aborted) void taking.then(release, () => undefined);
    throw error;
  }
}
