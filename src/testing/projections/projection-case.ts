import type { EventStore } from "../../event/index.ts";
import type { Checkpoints, ObserveOptions, Projection, Running } from "../../project/index.ts";
import type { Case, Skipped } from "../case.ts";
import type { OpenOptions } from "../contract/index.ts";
import type { ProjectionCapability, ProjectionHarness, ReadModel } from "./projection-harness.ts";

/** The parts of the contract. */
export type ProjectionArea =
  | "delivery"
  | "supervision"
  | "waiting"
  | "effects"
  | "versions"
  | "failover"
  | "upkeep";

/** One guarantee of projections. */
export interface ProjectionCase extends Case<ProjectionArea, ProjectionCapability> {}

/** A guarantee of projections that a harness leaves out. */
export interface SkippedProjectionCase extends Skipped<ProjectionArea, ProjectionCapability> {}

/** A case before it meets a harness. */
export interface ProjectionCaseDefinition {
  readonly guarantee: string;
  readonly needs?: readonly ProjectionCapability[];
  check(context: ProjectionContext): Promise<void>;
}

/** What a case works with; whatever handlers write with is nobody's business here. */
export interface ProjectionContext {
  /** New and empty. */
  readonly store: EventStore;
  readonly harness: ProjectionHarness<unknown>;
  readonly transactional: boolean;
  /** Open another store; closed at the end of the case. */
  open(options?: OpenOptions): Promise<EventStore>;
  /** The checkpoints, as another process would make its own where they are durable. */
  checkpoints(): Checkpoints<unknown>;
  model(name?: string): ReadModel<unknown>;
  /** Observe, on `checkpoints()` if not told otherwise; stopped at the end of the case. */
  start(projection: Projection, options?: StartOptions): Running;
}

/** How a projection is started. */
export interface StartOptions extends Omit<ObserveOptions<unknown>, "checkpoints"> {
  /** @default the case's own */
  readonly store?: EventStore;
}
