import type { ProjectionCaseDefinition } from "../projection-case.ts";
import { adoptCases } from "./adopt-cases.ts";
import { registryCases } from "./registry-cases.ts";

/** Truncating what projections read, and moving them to another store. */
export const upkeepCases: readonly ProjectionCaseDefinition[] = [...registryCases, ...adoptCases];
