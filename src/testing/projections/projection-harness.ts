import { ConfigError, type EventStore } from "../../event/index.ts";
import type { Checkpoints } from "../../project/index.ts";
import type { StoreHarness } from "../contract/index.ts";

/**
 * What the author of a backend, or of checkpoints, gives to `projectionContract`: how to open a
 * store, and where checkpoints and read models are kept. `Tx` is what a handler writes with.
 */
export interface ProjectionHarness<Tx = undefined> extends Pick<
  StoreHarness,
  "open" | "putForeign"
> {
  /** A place for checkpoints and read models, new and empty; asked for once in every case. */
  readSide(): ReadSide<Tx> | Promise<ReadSide<Tx>>;
  /**
   * Why this combination lacks a capability. The cases that need it are left out, and
   * `skippedProjectionCases` lists them with the reason.
   */
  readonly missing?: { readonly [Each in ProjectionCapability]?: string };
}

/** A database, so to speak, with its read models. */
export interface ReadSide<Tx = undefined> {
  /**
   * The checkpoints to be proved. Durable ones are asked for again wherever another process would
   * make its own; of others the first ones are kept.
   */
  checkpoints(store: EventStore): Checkpoints<Tx>;
  /** The read model of this name: the same lines each time. @default lines in memory */
  model?(name: string): ReadModel<Tx>;
  /** Remove what the case left behind. */
  close?(): Promise<void>;
}

/** Lines of text, in the order in which they were written. */
export interface ReadModel<Tx = undefined> {
  /** In a handler: what is written takes effect with its transaction, where there is one. */
  append(tx: Tx, line: string): void | Promise<void>;
  /** Outside of handlers: what has taken effect. */
  read(): readonly string[] | Promise<readonly string[]>;
}

/**
 * What a harness may lack, if it says why: `putForeign`, and what `Checkpoints` tells of itself.
 */
export type ProjectionCapability = "foreign" | "durable" | "transactional";

/**
 * Check that each capability that is missing is excused, and what is excused is missing.
 * @throws {@link ConfigError} when not
 */
export function checkProjectionHarness({
  putForeign,
  missing = {},
}: Pick<ProjectionHarness<never>, "putForeign" | "missing">): void {
  for (const [capability, reason] of Object.entries(missing)) {
    if (reason === "") throw new ConfigError(`missing.${capability} must say why`);
  }
  if ((putForeign === undefined) === (missing.foreign === undefined)) {
    throw new ConfigError("the harness must have either putForeign or the reason missing.foreign");
  }
}

/**
 * The same of what its checkpoints say.
 * @throws {@link ConfigError} when they don't say what the harness does
 */
export function checkReadSide<Tx>(
  { missing = {} }: Pick<ProjectionHarness<Tx>, "missing">,
  { model }: ReadSide<Tx>,
  checkpoints: Checkpoints<Tx>,
): void {
  for (const capability of ["durable", "transactional"] as const) {
    if (checkpoints[capability] === (missing[capability] === undefined)) continue;
    throw new ConfigError(
      `its checkpoints must be ${capability}, or have the reason missing.${capability}`,
    );
  }
  if (checkpoints.transactional && model === undefined) {
    throw new ConfigError("transactional checkpoints must come with models that use them");
  }
}
