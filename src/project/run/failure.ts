import { errorText } from "../../event/error-text.ts";
import { isJetfoldError, type Sequence, type StoreWarning } from "../../event/index.ts";
import type { Warn } from "../../event/backend/index.ts";
import type { Failure } from "../running.ts";
import type { Changes } from "./changes.ts";
import { HandlerFailure } from "./handler-failure.ts";

/** What a projection has failed at, if it has; and whether anybody is told. */
export class FailureReport {
  readonly #warn: Warn;
  readonly #what: string;
  readonly #changes: Changes;
  #watched: boolean;
  #error: unknown;
  #failure: Failure | undefined;

  /**
   * @param what - has failed, for the warning
   * @param watched - somebody is told of its states
   */
  constructor(what: string, changes: Changes, watched: boolean, warn: Warn) {
    this.#what = what;
    this.#changes = changes;
    this.#watched = watched;
    this.#warn = warn;
  }

  /** What users are told. */
  get error(): unknown {
    return this.#error;
  }

  get failure(): Failure | undefined {
    return this.#failure;
  }

  /** Somebody asks how it ends. */
  watch(): void {
    this.#watched = true;
  }

  /** It has failed. */
  fail(error: unknown): void {
    const { cause, failure } = failureOf(error);
    this.#error = cause;
    this.#failure = failure;
  }

  /** To be called once it is known that it has failed: nobody would know. */
  tell(position: Sequence): void {
    if (this.#watched || this.#changes.heard) return;
    this.#warn(unwatchedFailure(this.#what, position, this.#error));
  }
}

/** What is warned of where nobody is told how it ends: nobody would know. */
export function unwatchedFailure(what: string, position: Sequence, cause: unknown): StoreWarning {
  const message =
    `${what} has failed, and stays at ${position}: ${errorText(cause)}. Nothing was skipped: put the ` +
    "cause right and start it again. To be told yourself, give it onState, or await its done";
  return { code: "failed", message, cause };
}

/** What users are told of an error that ends a projection: what it was, and of which commit. */
function failureOf(error: unknown): {
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
