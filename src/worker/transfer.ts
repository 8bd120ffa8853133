import { InvalidInputError } from "../event/index.ts";

/** Memory that can be moved to another thread: a buffer, or a view that has one for itself. */
export type TransferableBuffer = ArrayBuffer | ArrayBufferView;

/** A value whose buffers are moved; see {@link transfer}. */
export class Transfer<T> {
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
 * @param buffers - those in `value` that are moved; by default the value, which is one
 * @throws {@link InvalidInputError} for a view of a part of a buffer: others may use the rest
 */
export function transfer<T extends TransferableBuffer>(value: T): Transfer<T>;
export function transfer<T>(value: T, buffers: readonly TransferableBuffer[]): Transfer<T>;
export function transfer<T>(
  value: T,
  buffers: readonly TransferableBuffer[] = [value as TransferableBuffer],
): Transfer<T> {
  return new Transfer(value, [...new Set(buffers.map(bufferOf))]);
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

/** A value as it is sent, and what is moved with it. */
export function unwrap(value: unknown): {
  readonly value: unknown;
  readonly buffers: readonly ArrayBuffer[];
} {
  return value instanceof Transfer ? value : { value, buffers: [] };
}
