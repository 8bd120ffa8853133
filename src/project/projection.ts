import {
  checkName,
  type Commit,
  ConfigError,
  type Envelope,
  type EventOf,
  type PoisonPolicy,
  type Selectable,
} from "../event/index.ts";

/** What {@link defineProjection} takes. */
export interface ProjectionDefinition<S extends Selectable> {
  /** Names its checkpoint, with the version. 1 to 128 of `A-Z a-z 0-9 _ -`. */
  readonly name: string;
  /** Raise it when the read model must be built anew: a new version starts from the beginning. @default 1 */
  readonly version?: number;
  /** What is added later has a past that was not handled: raise the version with it. */
  readonly events: S;
  /**
   * Bring one event into the read model. Called one at a time, in the order of the store; an event
   * may come again after a crash (at least once), so it must bear being applied twice or be
   * guarded by `envelope.revision`.
   */
  handle(envelope: Envelope<EventOf<S>>): void | Promise<void>;
  /**
   * Bring a truncated aggregate into the read model: called instead of the events that were cut,
   * with the commit that holds its state (`commit.base`). Without it, reading a truncated aggregate
   * from its start is a TruncatedError, since the read model would silently lack what was cut; so is
   * a cut without a base.
   */
  handleBase?(base: Commit<EventOf<S>>): void | Promise<void>;
  /** What to do with what this projection cannot use. @default "fail" */
  readonly poison?: PoisonPolicy;
}

/** A handler that builds a read model from events. */
export interface Projection<S extends Selectable = Selectable> extends ProjectionDefinition<S> {
  readonly version: number;
}

/**
 * Declare a projection; the events it handles are inferred from its selection.
 * @throws {@link ConfigError} when the name or the version breaks its rule
 */
export function defineProjection<const S extends Selectable>(
  definition: ProjectionDefinition<S>,
): Projection<S> {
  const { version = 1 } = definition;
  if (!Number.isSafeInteger(version) || version < 1) {
    throw new ConfigError(
      `projection "${definition.name}": version must be a whole number of 1 or more`,
    );
  }
  checkName("projection name", definition.name);
  return Object.freeze({ ...definition, version });
}

/** The event types of a projection, for users' signatures. */
export type ProjectedEvent<P> = P extends Projection<infer S> ? EventOf<S> : never;
