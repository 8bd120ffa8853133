import type { CaseDefinition } from "../contract-case.ts";
import { baseCases } from "./base-cases.ts";
import { behindCases } from "./behind-cases.ts";
import { cutCases } from "./cut-cases.ts";
import { cutReadCases } from "./cut-read-cases.ts";

/** Deleting history. */
export const truncateCases: readonly CaseDefinition[] = [
  ...cutCases,
  ...cutReadCases,
  ...baseCases,
  ...behindCases,
];
