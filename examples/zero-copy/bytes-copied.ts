/** How many bytes of an event's byte fields are copies: all that do not lie in its body. */
export function bytesCopied(event: object, message: Uint8Array): number {
  let copied = 0;
  for (const value of Object.values(event) as unknown[]) {
    if (value instanceof Uint8Array && !isViewInto(value, message)) copied += value.byteLength;
  }
  return copied;
}

/** Do these bytes lie within the other ones, in the same memory? */
export function isViewInto(bytes: Uint8Array, message: Uint8Array): boolean {
  const start = message.byteOffset;
  return (
    bytes.buffer === message.buffer &&
    bytes.byteOffset >= start &&
    bytes.byteOffset + bytes.byteLength <= start + message.byteLength
  );
}

/** How much memory these keep alive: a view keeps all of the memory that it looks into. */
export function bytesHeld(views: readonly Uint8Array[]): number {
  let held = 0;
  for (const buffer of new Set(views.map((view) => view.buffer))) held += buffer.byteLength;
  return held;
}
