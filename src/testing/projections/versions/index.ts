import type { ProjectionCaseDefinition } from "../projection-case.ts";
import { dropCases } from "./drop-cases.ts";
import { effectCases } from "./effect-cases.ts";
import { takeOverCases } from "./take-over-cases.ts";

/** Read models that are built anew beside the ones that are read. */
export const versionCases: readonly ProjectionCaseDefinition[] = [
  ...takeOverCases,
  ...effectCases,
  ...dropCases,
];
