import { kvCheckpoints, memoryCheckpoints } from "jetfold";
import { type ProjectionCase, projectionContract, type ProjectionHarness } from "jetfold/testing";

/** A backend, for projections. */
export type ProjectedStore = Pick<ProjectionHarness, "open" | "putForeign">;

const elsewhere = { transactional: "the read model is elsewhere" };

/** The contract of projections whose read model is elsewhere, by where their checkpoints are kept. */
export function suitesElsewhere(store: ProjectedStore): Record<string, readonly ProjectionCase[]> {
  return {
    memoryCheckpoints: projectionContract({
      ...store,
      readSide: () => ({ checkpoints: memoryCheckpoints }),
      missing: { ...elsewhere, durable: "they end with the process" },
    }),
    kvCheckpoints: projectionContract({
      ...store,
      readSide: () => ({ checkpoints: kvCheckpoints }),
      missing: elsewhere,
    }),
  };
}
