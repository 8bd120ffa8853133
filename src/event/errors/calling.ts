import { valueText } from "../error-text.ts";
import { JetfoldError } from "./jetfold-error.ts";

/**
 * The server, the connection or a database is away, or would not answer in time; it may come back.
 * Nothing was changed by this call. Thrown by a handler it is waited for: throw it, or a subclass, for
 * what your own handlers need, and nothing is counted or set aside meanwhile.
 */
export class UnavailableError extends JetfoldError {
  override readonly code = "unavailable";

  static {
    this.prototype.name = "UnavailableError";
  }
}

/**
 * What was waited for has not happened in the time given; nothing says that anything is away. What was
 * begun goes on, unless it was told to end.
 */
export class TimeoutError extends JetfoldError {
  override readonly code = "timeout";

  static {
    this.prototype.name = "TimeoutError";
  }
}

/** The store, the connection or the database's client is closed, by its owner: nothing comes back. */
export class ClosedError extends JetfoldError {
  override readonly code = "closed";

  static {
    this.prototype.name = "ClosedError";
  }
}

/** The store, the connection, its rights or a definition is set up in a way that cannot work. */
export class ConfigError extends JetfoldError {
  override readonly code = "config";

  static {
    this.prototype.name = "ConfigError";
  }
}

/** A value breaks a rule; its subclasses say whose value it is. */
abstract class ValueError extends JetfoldError {
  /** Which value, as a path: `id`, `events[2].price`, `state.items[2]`. */
  readonly field: string;
  readonly rule: string;
  readonly value: unknown;

  constructor(field: string, rule: string, value: unknown, options?: ErrorOptions) {
    super(`${field} ${rule}, got ${valueText(value)}`, options);
    this.field = field;
    this.rule = rule;
    this.value = value;
  }
}

/** An argument breaks a rule. Thrown before anything is sent; nothing was changed. */
export class InvalidInputError extends ValueError {
  override readonly code = "invalid-input";

  static {
    this.prototype.name = "InvalidInputError";
  }
}

/** A state, or a base made of it, holds what can't be stored: nothing was stored. */
export class UnstorableError extends ValueError {
  override readonly code = "unstorable";

  static {
    this.prototype.name = "UnstorableError";
  }
}

/** More came than a bounded place may hold, from where it can't be told to wait. */
export class OverflowError extends JetfoldError {
  override readonly code = "overflow";
  /** How much it may hold. */
  readonly limit: number;

  constructor(message: string, limit: number, options?: ErrorOptions) {
    super(message, options);
    this.limit = limit;
  }

  static {
    this.prototype.name = "OverflowError";
  }
}
