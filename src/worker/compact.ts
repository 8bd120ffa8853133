/**
 * A value whose bytes bring nothing else along: cloning a view clones all of its buffer, so views of a
 * part of one are replaced by copies of their own, in arrays, plain objects, Maps and Sets. The value
 * itself where there are none.
 * @param moved - buffers that are moved and not cloned
 */
export function compact(value: unknown, moved: readonly ArrayBuffer[]): unknown {
  if (!holdsPart(value, moved, 0)) return value;
  return withOwn(value, moved, new Map());
}

/** So deep it is taken for granted: what holds itself has no end. */
const maxDepth = 100;

function holdsPart(value: unknown, moved: readonly ArrayBuffer[], depth: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (ArrayBuffer.isView(value)) return isPart(value, moved);
  if (depth === maxDepth) return true;
  for (const item of itemsOf(value)) if (holdsPart(item, moved, depth + 1)) return true;
  return false;
}

/** Does a view show less than its buffer? One that is shared is not cloned. */
export function isPart(
  { buffer, byteLength }: ArrayBufferView,
  moved: readonly ArrayBuffer[] = [],
): boolean {
  return buffer instanceof ArrayBuffer && byteLength < buffer.byteLength && !moved.includes(buffer);
}

/** What a value holds that is looked into. */
export function itemsOf(value: object): Iterable<unknown> {
  if (value instanceof Map) return [...value.keys(), ...value.values()] as unknown[];
  if (Array.isArray(value) || value instanceof Set) return value as Iterable<unknown>;
  return isPlain(value) ? (Object.values(value) as unknown[]) : [];
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function withOwn(
  value: unknown,
  moved: readonly ArrayBuffer[],
  made: Map<object, unknown>,
): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (made.has(value)) return made.get(value);
  const inner = (item: unknown): unknown => withOwn(item, moved, made);
  const keep = <T>(copy: T): T => (made.set(value, copy), copy);
  if (ArrayBuffer.isView(value)) return keep(isPart(value, moved) ? ownView(value) : value);
  if (Array.isArray(value)) {
    const copy = keep<unknown[]>([]);
    for (const item of value) copy.push(inner(item));
    return copy;
  }
  if (value instanceof Map) {
    const copy = keep(new Map<unknown, unknown>());
    for (const [key, item] of value) copy.set(inner(key), inner(item));
    return copy;
  }
  if (value instanceof Set) {
    const copy = keep(new Set<unknown>());
    for (const item of value) copy.add(inner(item));
    return copy;
  }
  if (!isPlain(value)) return value;
  const copy = keep<Record<string, unknown>>({});
  for (const [key, item] of Object.entries(value)) copy[key] = inner(item);
  return copy;
}

/** Of the same kind; of a Buffer, what a clone of it is. */
function ownView(view: ArrayBufferView): ArrayBufferView {
  const { buffer, byteOffset, byteLength } = view;
  const own = buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
  if (Buffer.isBuffer(view)) return new Uint8Array(own);
  const Kind = view.constructor as new (buffer: ArrayBuffer) => ArrayBufferView;
  return new Kind(own);
}
