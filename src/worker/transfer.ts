import { InvalidInputError } from "../event/index.ts";
import { compact, isPart, itemsOf } from "./compact.ts";

/** Memory that can be moved to another thread: a buffer, or a view that has one for itself. */
export type TransferableBuffer = ArrayBuffer | ArrayBufferView;

/** What makes a transfer one, in every copy of the package. */
const transferBrand: unique symbol = Symbol.for("jetfold.transfer") as never;

/** A value whose buffers are moved; see {@link transfer}. */
export class Transfer<T> {
  static {
    Object.defineProperty(this.prototype, transferBrand, { value: true });
  }

  readonly value: T;
  /** For the transfer list. */
  readonly buffers: readonly ArrayBuffer[];

  constructor(value: T, buffers: readonly ArrayBuffer[]) {
    this.value = value;
    this.buffers = buffers;
  }
}

/**
 * Move buffers to the other thread instead of copying them: as the result of a query, or as an
 * argument of one. Afterwards they are empty on this side, so never move what a read model keeps.
 *
 * Bytes of an event are views into a copy of the event's body: `bytes.slice()` is one to be moved.
 * @param buffers - those in `value` that are moved; by default the value, which is one
 * @throws {@link InvalidInputError} for a view of a part of a buffer, and for a buffer of which the
 *   value shows a part only: others may use the rest
 */
export function transfer<T extends TransferableBuffer>(value: T): Transfer<T>;
export function transfer<T>(value: T, buffers: readonly TransferableBuffer[]): Transfer<T>;
export function transfer<T>(
  value: T,
  buffers: readonly TransferableBuffer[] = [value as TransferableBuffer],
): Transfer<T> {
  const moved = [...new Set(buffers.map(bufferOf))];
  moved.forEach((buffer, index) => assertWhole(buffer, viewsIn(value, buffer, new Set()), index));
  return new Transfer(value, moved);
}

function assertWhole(buffer: ArrayBuffer, views: readonly ArrayBufferView[], index: number): void {
  if (views.length === 0 || views.some((view) => !isPart(view))) return;
  const rule = "must be shown as a whole by the value: others may use the rest";
  throw new InvalidInputError(`buffers[${index}]`, rule, buffer);
}

/** The views of a buffer that a value holds, at any depth. */
function viewsIn(value: unknown, buffer: ArrayBuffer, seen: Set<object>): ArrayBufferView[] {
  if (typeof value !== "object" || value === null || seen.has(value)) return [];
  seen.add(value);
  if (ArrayBuffer.isView(value)) return value.buffer === buffer ? [value] : [];
  return [...itemsOf(value)].flatMap((item) => viewsIn(item, buffer, seen));
}

function assertThere(buffer: ArrayBuffer, index: number): void {
  if (buffer.byteLength > 0) return;
  try {
    // Nothing else tells an empty one from one that is gone, before Node 22.
    buffer.slice(0);
  } catch {
    throw new InvalidInputError(`buffers[${index}]`, "must not have been moved before", buffer);
  }
}

function bufferOf(given: TransferableBuffer, index: number): ArrayBuffer {
  if (given instanceof ArrayBuffer) return given;
  const whole =
    ArrayBuffer.isView(given) &&
    given.buffer instanceof ArrayBuffer &&
    given.byteLength === given.buffer.byteLength;
  if (whole) return given.buffer;
  const rule = "must be an ArrayBuffer, or a view that has one for itself";
  throw new InvalidInputError(`buffers[${index}]`, rule, given);
}

/**
 * A value as it is sent, and what is moved with it; its bytes bring nothing else along.
 * @throws {@link InvalidInputError} for a buffer that was moved before: Node sends it, and it can't be
 *   read on the other side
 */
export function unwrap(value: unknown): {
  readonly value: unknown;
  readonly buffers: readonly ArrayBuffer[];
} {
  if (isTransfer(value)) {
    const { buffers } = value;
    buffers.forEach(assertThere);
    return { value: compact(value.value, buffers), buffers };
  }
  return { value: compact(value, []), buffers: [] };
}

function isTransfer(value: unknown): value is Transfer<unknown> {
  return typeof value === "object" && value !== null && transferBrand in value;
}
