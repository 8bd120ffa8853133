import { awaitLease, pause, type Waiting } from "./await-lease.ts";
import type { LeaseCell } from "./lease-cell.ts";
import type { Lease } from "./lease.ts";

/**
 * Serve whenever the lease is to be had, and stand by otherwise. Never ends by itself.
 * @param serve - ends when the lease is over, or the signal aborts
 * @throws as {@link awaitLease}; what `serve` throws
 */
export async function inTerms(
  cell: LeaseCell,
  waiting: Waiting,
  serve: (lease: Lease) => Promise<void>,
): Promise<never> {
  for (;;) {
    const lease = await awaitLease(cell, waiting);
    try {
      await serve(lease);
    } finally {
      await lease.release();
    }
    // Others go first.
    await pause(cell, waiting.signal);
  }
}
