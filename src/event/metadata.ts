import { checkArgument, isPlainObject, isValidDate } from "./arguments.ts";
import { InvalidInputError } from "./errors.ts";

/**
 * What is told about a commit beside its events: who, why, since when. Stored once per commit with
 * the store's codec; the library itself acts on none of it but `jetfoldBase`, by which a base says whose
 * state it holds, and `jetfoldCommand`, by which commands are compared.
 */
export interface Metadata {
  /** The whole piece of work this commit belongs to. */
  readonly correlationId?: string;
  /** What directly caused it: a commit id, a message id, a request id. */
  readonly causationId?: string;
  /** Who did it. */
  readonly actor?: string;
  /** When it happened in the world, if that is not when it was stored. Milliseconds are kept. */
  readonly occurredAt?: Date;
  /** Anything else the store's codec can carry. */
  readonly [key: string]: unknown;
}

/** No metadata. */
export const noMetadata: Metadata = Object.freeze({});

/** Metadata as it is stored: `occurredAt` in milliseconds since 1970, so that every codec can. */
export function metadataToStored(metadata: Metadata): Record<string, unknown> | undefined {
  checkArgument("metadata", metadata, isPlainObject);
  for (const field of ["correlationId", "causationId", "actor"] as const) {
    const value: unknown = metadata[field];
    if (value !== undefined && typeof value !== "string") {
      throw new InvalidInputError(`metadata.${field}`, "must be a string", value);
    }
  }
  const { occurredAt } = metadata;
  if (occurredAt === undefined) return Object.keys(metadata).length === 0 ? undefined : metadata;
  checkArgument("metadata.occurredAt", occurredAt, isValidDate);
  return { ...metadata, occurredAt: occurredAt.getTime() };
}

/** The inverse of {@link metadataToStored}. */
export function metadataFromStored(stored: unknown): Metadata {
  if (typeof stored !== "object" || stored === null) return noMetadata;
  const { occurredAt, ...rest } = stored as Record<string, unknown>;
  const known = typeof occurredAt === "number" ? { occurredAt: new Date(occurredAt) } : {};
  return Object.freeze({ ...rest, ...known });
}
