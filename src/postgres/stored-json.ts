/**
 * A value as the text of a `jsonb`, which takes no U+0000 although a text of somebody else's may hold
 * one (a commit id, a type's name): there it stands as U+0001 and a letter, and U+0001 likewise.
 */
export function toJsonb(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === "string"
      ? part.replaceAll("\u0001", "\u0001b").replaceAll("\0", "\u0001a")
      : part,
  );
}

/** The inverse of {@link toJsonb}. */
export function fromJsonb(text: string): unknown {
  return JSON.parse(text, (_, part: unknown) =>
    typeof part === "string"
      ? part.replaceAll("\u0001a", "\0").replaceAll("\u0001b", "\u0001")
      : part,
  );
}
