import type { CaseDefinition } from "../contract-case.ts";
import { brokenCases } from "./broken-cases.ts";
import { repairedCases } from "./repaired-cases.ts";
import { unsureCases } from "./unsure-cases.ts";

/** Aggregates that can't be read, and the way out. */
export const repairCases: readonly CaseDefinition[] = [
  ...brokenCases,
  ...repairedCases,
  ...unsureCases,
];
