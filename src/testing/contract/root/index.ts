import type { CaseDefinition } from "../contract-case.ts";
import { argumentCases } from "./argument-cases.ts";
import { budgetCases } from "./budget-cases.ts";
import { cacheCases } from "./cache-cases.ts";
import { comparedCases } from "./compared-cases.ts";
import { expectedRevisionCases } from "./expected-revision-cases.ts";
import { freshnessCases } from "./freshness-cases.ts";
import { listenerCases } from "./listener-cases.ts";
import { loadCases } from "./load-cases.ts";
import { namelessCases } from "./nameless-cases.ts";
import { orderCases } from "./order-cases.ts";
import { ownEventsCases } from "./own-events-cases.ts";
import { ownValuesCases } from "./own-values-cases.ts";
import { rejectionCases } from "./rejection-cases.ts";
import { sharedFamilyCases } from "./shared-family-cases.ts";
import { truncatedCases } from "./truncated-cases.ts";
import { turnCases } from "./turn-cases.ts";

/** Aggregates: loaded, kept in memory, decided on. */
export const rootCases: readonly CaseDefinition[] = [
  ...loadCases,
  ...freshnessCases,
  ...cacheCases,
  ...orderCases,
  ...rejectionCases,
  ...expectedRevisionCases,
  ...comparedCases,
  ...truncatedCases,
  ...sharedFamilyCases,
  ...namelessCases,
  ...listenerCases,
  ...ownEventsCases,
  ...ownValuesCases,
  ...argumentCases,
  ...budgetCases,
  ...turnCases,
];
