import type { CaseDefinition } from "../contract-case.ts";
import { caughtUpCases } from "./caught-up-cases.ts";
import { cutCases } from "./cut-cases.ts";
import { deliveryCases } from "./delivery-cases.ts";
import { endCases } from "./end-cases.ts";
import { leaveCases } from "./leave-cases.ts";
import { markCases } from "./mark-cases.ts";
import { paceCases } from "./pace-cases.ts";

/** Reading what is stored and then what comes. */
export const subscribeCases: readonly CaseDefinition[] = [
  ...deliveryCases,
  ...paceCases,
  ...endCases,
  ...leaveCases,
  ...caughtUpCases,
  ...markCases,
  ...cutCases,
];
