/**
 * How values become bytes. The name is stored with every commit, so a store may change its codec
 * and still read its past: give it the old one among `codecs`.
 *
 * `encode` must refuse whatever `decode` would bring back changed: with an InvalidInputError whose
 * `field` is the path within the value (`.items[2].price`). `decode` is given bytes nobody vouches for; it must bound what it does with them and
 * throw on what it does not understand. What it returns may be a view into the bytes.
 */
export interface Codec {
  /** 1 to 64 of `A-Z a-z 0-9 _ -`. `"json"` makes the whole commit readable JSON. */
  readonly name: string;
  /**
   * @param value - an event without its `type`, metadata, or an aggregate's state
   * @param subject - what it is, for codecs that need a schema: `Tab.DrinksOrdered.2` for version 2
   *   of a type, `Tab` for a state
   */
  encode(value: unknown, subject: string): Uint8Array;
  /** The inverse of `encode`: a value equal to the one it was given. */
  decode(bytes: Uint8Array, subject: string): unknown;
}

/** The deepest nesting of arrays and objects that is stored or read. */
export const maxDepth = 100;
