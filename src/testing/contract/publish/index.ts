import type { CaseDefinition } from "../contract-case.ts";
import { commitCases } from "./commit-cases.ts";
import { concurrencyCases } from "./concurrency-cases.ts";
import { eventRefusalCases } from "./event-refusal-cases.ts";
import { expectationCases } from "./expectation-cases.ts";
import { isolationCases } from "./isolation-cases.ts";
import { optionRefusalCases } from "./option-refusal-cases.ts";
import { retryCases } from "./retry-cases.ts";
import { retryOfCases } from "./retry-of-cases.ts";
import { schemaCases } from "./schema-cases.ts";
import { valueCases } from "./value-cases.ts";

/** Appending a commit. */
export const publishCases: readonly CaseDefinition[] = [
  ...commitCases,
  ...isolationCases,
  ...expectationCases,
  ...eventRefusalCases,
  ...optionRefusalCases,
  ...valueCases,
  ...schemaCases,
  ...retryCases,
  ...retryOfCases,
  ...concurrencyCases,
];
