import type { CaseDefinition } from "../contract-case.ts";
import { compareCases } from "./compare-cases.ts";
import { completeCases } from "./complete-cases.ts";
import { foreignCases } from "./foreign-cases.ts";
import { refusalCases } from "./refusal-cases.ts";
import { resumeCases } from "./resume-cases.ts";
import { sourceCases } from "./source-cases.ts";

/** Taking in histories that were made elsewhere. */
export const importCases: readonly CaseDefinition[] = [
  ...completeCases,
  ...resumeCases,
  ...foreignCases,
  ...compareCases,
  ...sourceCases,
  ...refusalCases,
];
