/**
 * A value as the text of a `jsonb`, which takes no U+0000 although a text of somebody else's may hold
 * one (a commit id, a type's name): there it stands as U+0001 and a letter, and U+0001 likewise.
 */
export function toJsonb(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === "string" && /[\0\u0001]/.test(part)
      ? part.replace(/[\0\u0001]/g, (one) => (one === "\0" ? "\u0001a" : "\u0001b"))
      : part,
  );
}

/** The inverse of {@link toJsonb}. */
export function fromJsonb(text: string): unknown {
  return JSON.parse(text, (_, part: unknown) =>
    typeof part === "string" && part.includes("\u0001")
      ? part.replace(/\u0001[ab]/g, (one) => (one === "\u0001a" ? "\0" : "\u0001"))
      : part,
  );
}
