/** Is it an array? Unlike `Array.isArray` it leaves a checked value's type as it was declared. */
export function isList(value: unknown): boolean {
  return Array.isArray(value);
}
