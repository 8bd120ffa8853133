import type { CaseDefinition } from "../contract-case.ts";
import { raceCases } from "./race-cases.ts";
import { refusalCases } from "./refusal-cases.ts";
import { retryCases } from "./retry-cases.ts";
import { transactionCases } from "./transaction-cases.ts";
import { transactionReadCases } from "./transaction-read-cases.ts";

/** Appending commits of several aggregates at once. */
export const transactCases: readonly CaseDefinition[] = [
  ...transactionCases,
  ...transactionReadCases,
  ...refusalCases,
  ...raceCases,
  ...retryCases,
];
