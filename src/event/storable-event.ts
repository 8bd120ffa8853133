/**
 * The same type, but for what no codec carries: that has a type here that says so. What only some carry, or
 * only some values of (a class instance, NaN), is found when it is to be stored.
 */
export type Storable<Event> = {
  readonly [Key in keyof Event]: StorableValue<Event[Key]>;
};

type StorableValue<Value> = unknown extends Value
  ? Value
  : Value extends Uncarried
    ? "this can't be stored in an event: use plain objects, arrays, text, numbers, Dates or bytes"
    : Value extends Carried
      ? Value
      : { readonly [Key in keyof Value]: StorableValue<Value[Key]> };

type Carried = string | number | boolean | bigint | null | undefined | Date | Uint8Array;

type Uncarried =
  | ReadonlyMap<unknown, unknown>
  | ReadonlySet<unknown>
  | Promise<unknown>
  | RegExp
  | Error
  | symbol
  | ((...args: never[]) => unknown);
