import {
  checkId,
  type Family,
  InvalidInputError,
  NotFoundError,
  type Sequence,
} from "../event/index.ts";
import { checkFamily, checkSequence } from "../event/backend/index.ts";
import type { MemoryLog } from "./memory-log.ts";

/** See `Truncate.truncate`. */
export function truncateLog(log: MemoryLog, family: Family, id: string, before: Sequence): number {
  const last = log.of(checkFamily(family), checkId(id)).at(-1);
  checkSequence("before", before);
  if (last === undefined) throw new NotFoundError({ family: family.name, id });
  if (before === 0 || before > last.sequence) {
    throw new InvalidInputError("before", `must be 1 to ${last.sequence}`, before);
  }
  return log.purge(family.name, id, before);
}
