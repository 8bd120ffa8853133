import type { ProjectionCaseDefinition } from "../projection-case.ts";
import { handOverCases } from "./hand-over-cases.ts";
import { hangCases } from "./hang-cases.ts";
import { standbyCases } from "./standby-cases.ts";

/** Several runners of one projection, of which one is active. */
export const failoverCases: readonly ProjectionCaseDefinition[] = [
  ...handOverCases,
  ...hangCases,
  ...standbyCases,
];
