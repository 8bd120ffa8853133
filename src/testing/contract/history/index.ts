import type { CaseDefinition } from "../contract-case.ts";
import { commitCases } from "./commit-cases.ts";
import { cutCases } from "./cut-cases.ts";
import { limitCases } from "./limit-cases.ts";

/** Reading the commits that lead to one. */
export const historyCases: readonly CaseDefinition[] = [...commitCases, ...limitCases, ...cutCases];
