import { checkOptions, type Rules, wholeFrom } from "../../event/arguments.ts";
import { ConfigError, InvalidInputError } from "../../event/index.ts";

/** How several processes share a projection. */
export interface StandbyOptions {
  /**
   * After so long without a sign of life of the active process another one takes over, in
   * milliseconds; 300 to 3,600,000. Longer than a handler ever keeps the thread busy without
   * awaiting anything, and with PostgreSQL than it ever leaves its transaction idle: whoever is
   * silent for so long is taken for dead. A process that stands by looks five times as often.
   * @default 5000
   */
  readonly takeOverMs?: number;
}

const leastMs = 300;
const mostMs = 3_600_000;

const standbyRules: Rules<StandbyOptions> = { takeOverMs: wholeFrom(leastMs, mostMs) };

/**
 * @param durable - the checkpoints outlive the process
 * @returns undefined where nobody stands by
 * @throws {@link InvalidInputError} when the option breaks its rule
 * @throws {@link ConfigError} when each process has a read model of its own
 */
export function takeOverMsOf(
  standby: boolean | StandbyOptions | undefined,
  durable: boolean,
): number | undefined {
  if (standby === undefined || standby === false) return undefined;
  if (standby !== true && (typeof standby !== "object" || standby === null)) {
    throw new InvalidInputError("standby", "must be true, false or an object", standby);
  }
  if (standby !== true) checkOptions("standby", standby, standbyRules, "standby.");
  const { takeOverMs = 5_000 } = standby === true ? {} : standby;
  if (durable) return takeOverMs;
  throw new ConfigError(
    "standby needs checkpoints that outlive the process: of a read model in memory each process has its own",
  );
}
