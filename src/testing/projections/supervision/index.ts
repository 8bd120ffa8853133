import type { ProjectionCaseDefinition } from "../projection-case.ts";
import { anewCases } from "./anew-cases.ts";
import { awaitedCases } from "./awaited-cases.ts";
import { listenerCases } from "./listener-cases.ts";
import { parkCases } from "./park-cases.ts";
import { poisonCases } from "./poison-cases.ts";
import { resolveCases } from "./resolve-cases.ts";
import { retryCases } from "./retry-cases.ts";
import { secondCases } from "./second-cases.ts";
import { stopCases } from "./stop-cases.ts";
import { unwatchedCases } from "./unwatched-cases.ts";

/** What happens when something can't be handled. */
export const supervisionCases: readonly ProjectionCaseDefinition[] = [
  ...retryCases,
  ...stopCases,
  ...parkCases,
  ...resolveCases,
  ...poisonCases,
  ...secondCases,
  ...listenerCases,
  ...anewCases,
  ...awaitedCases,
  ...unwatchedCases,
];
