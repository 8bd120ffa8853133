import type { CaseDefinition } from "../contract-case.ts";
import { closeCases } from "./close-cases.ts";
import { closeUnderWayCases } from "./close-under-way-cases.ts";
import { codecCases } from "./codec-cases.ts";
import { openCases } from "./open-cases.ts";
import { signalCases } from "./signal-cases.ts";

/** Opening and closing. */
export const lifecycleCases: readonly CaseDefinition[] = [
  ...openCases,
  ...closeCases,
  ...closeUnderWayCases,
  ...codecCases,
  ...signalCases,
];
