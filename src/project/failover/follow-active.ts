import { Aside } from "../parking/aside.ts";
import type { Projected } from "../run/ending.ts";
import { type Job, throughOutages } from "../run/job.ts";
import type { Watch } from "../run/watch.ts";
import { LeaseCell } from "./lease-cell.ts";

/** Where the right to run a projection is kept. Waits for what is away. */
export async function leaseCellOf<Tx>(
  { store, projection, checkpoints }: Projected<Tx>,
  takeOverMs: number,
  waiting: Pick<Job<never>, "status" | "signal">,
): Promise<LeaseCell> {
  const home = await throughOutages(waiting, async () => checkpoints.home?.(store.name));
  return new LeaseCell(store.projections, { ...projection, home }, takeOverMs);
}

/**
 * See how far the active process is.
 * @param keep - takes what that has set aside, before the position moves
 */
export async function followActive<Tx>(
  { store, projection: { name, version }, checkpoints }: Projected<Tx>,
  watch: Watch,
  keep: (aside: Aside) => void,
): Promise<void> {
  const { at, parked, active } = await checkpoints.resume({ store: store.name, name, version });
  if (active === version) watch.activation.advance(1);
  keep(new Aside(parked));
  if (at?.storeId === store.storeId) watch.follow(at.sequence);
}
