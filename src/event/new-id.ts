import { randomUUID } from "node:crypto";

/** A new random id (UUIDv4): fit for aggregates and commits. */
export function newId(): string {
  return randomUUID();
}
