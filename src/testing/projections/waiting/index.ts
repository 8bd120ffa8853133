import type { ProjectionCaseDefinition } from "../projection-case.ts";
import { lagCases } from "./lag-cases.ts";
import { reachedCases } from "./reached-cases.ts";
import { timeoutCases } from "./timeout-cases.ts";

/** Waiting for a projection, and asking how far it is. */
export const waitingCases: readonly ProjectionCaseDefinition[] = [
  ...reachedCases,
  ...timeoutCases,
  ...lagCases,
];
