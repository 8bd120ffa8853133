import type { ProjectionCaseDefinition } from "../projection-case.ts";
import { baseCases } from "./base-cases.ts";
import { batchCases } from "./batch-cases.ts";
import { behindCases } from "./behind-cases.ts";
import { beginCases } from "./begin-cases.ts";
import { historyCases } from "./history-cases.ts";
import { ownBytesCases } from "./own-bytes-cases.ts";
import { transactionCases } from "./transaction-cases.ts";

/** What handlers are given, in which order, from where on. */
export const deliveryCases: readonly ProjectionCaseDefinition[] = [
  ...historyCases,
  ...beginCases,
  ...batchCases,
  ...transactionCases,
  ...baseCases,
  ...behindCases,
  ...ownBytesCases,
];
