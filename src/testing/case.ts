/** One guarantee, ready to be proved by any test runner. */
export interface Case<Area extends string, Capability extends string> {
  /** The guarantee; begins with its area, and is unique. */
  readonly name: string;
  readonly area: Area;
  /** What the harness must have for it. */
  readonly needs?: readonly Capability[];
  /** It ends by itself well within this time, in milliseconds: the runner's limit must be as high. */
  readonly timeoutMs: number;
  /** Proves it on a store of its own; rejects when it does not hold. May be called unbound. */
  readonly run: () => Promise<void>;
}

/** A case that a harness leaves out. */
export interface Skipped<Area extends string, Capability extends string> {
  readonly name: string;
  readonly area: Area;
  readonly capability: Capability;
  /** The harness's own words. */
  readonly reason: string;
}

/** Why a harness lacks capabilities. */
type Missing<Capability extends string> = { readonly [Each in Capability]?: string };

/** The cases that need nothing that is missing. */
export function provable<One extends Case<string, Capability>, Capability extends string>(
  cases: readonly One[],
  missing: Missing<Capability> = {},
): One[] {
  return cases.filter(({ needs }) => !needs?.some((one) => missing[one]));
}

/** The others, each with the reason. */
export function skippedOf<Area extends string, Capability extends string>(
  cases: readonly Case<Area, Capability>[],
  missing: Missing<Capability> = {},
): Skipped<Area, Capability>[] {
  return cases.flatMap(({ name, area, needs }) => {
    const capability = needs?.find((one) => missing[one]);
    const reason = capability && missing[capability];
    return reason ? [{ name, area, capability, reason }] : [];
  });
}
