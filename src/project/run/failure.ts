import { isJetfoldError } from "../../event/index.ts";
import type { Failure } from "../running.ts";
import { HandlerFailure } from "./handler-failure.ts";

/** What users are told of an error that ends a projection: what it was, and of which commit. */
export function failureOf(error: unknown): {
  readonly cause: unknown;
  readonly failure: Failure | undefined;
} {
  if (error instanceof HandlerFailure) {
    const { cause, at, envelope, attempts } = error;
    return { cause, failure: at && { ...placeOf(at), envelope, attempts } };
  }
  if (!isJetfoldError(error, "poison") && !isJetfoldError(error, "corrupt")) {
    return { cause: error, failure: undefined };
  }
  const { at } = error;
  return {
    cause: error,
    failure: at.kind === "commit" ? { ...placeOf(at), attempts: 1 } : undefined,
  };
}

function placeOf({ family, id, sequence }: Omit<Failure, "attempts">): Omit<Failure, "attempts"> {
  return { family, id, sequence };
}
