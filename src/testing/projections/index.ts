/** The contract of projections, for authors of backends and of checkpoints. */
export { projectionContract, skippedProjectionCases } from "./contract.ts";
export type { ProjectionArea, ProjectionCase, SkippedProjectionCase } from "./projection-case.ts";
export type {
  ProjectionCapability,
  ProjectionHarness,
  ReadModel,
  ReadSide,
} from "./projection-harness.ts";
