import { provable, skippedOf } from "../case.ts";
import { caseTimeoutMs } from "../contract/run-to-end.ts";
import { failoverCases } from "./failover/index.ts";
import { deliveryCases } from "./delivery/index.ts";
import { effectCases } from "./effects/effect-cases.ts";
import type {
  ProjectionArea,
  ProjectionCase,
  ProjectionCaseDefinition,
  SkippedProjectionCase,
} from "./projection-case.ts";
import { checkProjectionHarness, type ProjectionHarness } from "./projection-harness.ts";
import { runProjectionCase } from "./run-projection-case.ts";
import { supervisionCases } from "./supervision/index.ts";
import { upkeepCases } from "./upkeep/index.ts";
import { versionCases } from "./versions/index.ts";
import { waitingCases } from "./waiting/index.ts";
import { checkKind } from "../../event/kinds.ts";

const definitions: { readonly [Area in ProjectionArea]: readonly ProjectionCaseDefinition[] } = {
  delivery: deliveryCases,
  supervision: supervisionCases,
  waiting: waitingCases,
  effects: effectCases,
  versions: versionCases,
  failover: failoverCases,
  upkeep: upkeepCases,
};

/**
 * Everything `observe` promises, on a backend and with checkpoints of your own, as cases for any
 * test runner: `for (const c of projectionContract(harness)) test(c.name, c.run, c.timeoutMs)`. Each
 * opens a store and a read side of its own and closes them, and every wait in it has a deadline.
 * Cases whose capability the harness declares missing are left out.
 *
 * @throws {@link ConfigError} when the harness neither has a capability nor says why it is missing
 */
export function projectionContract<Tx = undefined>(
  harness: ProjectionHarness<Tx>,
): readonly ProjectionCase[] {
  return provable(allCases(harness), harness.missing);
}

/** The cases that {@link projectionContract} leaves out for this harness, each with the reason. */
export function skippedProjectionCases<Tx = undefined>(
  harness: ProjectionHarness<Tx>,
): readonly SkippedProjectionCase[] {
  return skippedOf(allCases(harness), harness.missing);
}

function allCases<Tx>(harness: ProjectionHarness<Tx>): ProjectionCase[] {
  checkKind("harness", harness);
  checkProjectionHarness(harness);
  // Whatever handlers write with comes from the harness, and goes back to it.
  const opaque = harness as unknown as ProjectionHarness<unknown>;
  return Object.entries(definitions).flatMap(([area, list]) =>
    list.map((definition) => ({
      name: `${area}: ${definition.guarantee}`,
      area: area as ProjectionArea,
      ...(definition.needs && { needs: definition.needs }),
      timeoutMs: caseTimeoutMs,
      run: () => runProjectionCase(definition, opaque),
    })),
  );
}
