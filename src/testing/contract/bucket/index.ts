import type { CaseDefinition } from "../contract-case.ts";
import { conditionCases } from "./condition-cases.ts";
import { entryCases } from "./entry-cases.ts";
import { keyCases } from "./key-cases.ts";

/** The buckets beside the events. */
export const bucketCases: readonly CaseDefinition[] = [
  ...entryCases,
  ...keyCases,
  ...conditionCases,
];
