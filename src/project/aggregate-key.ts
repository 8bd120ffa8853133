import type { AggregateRef } from "../event/index.ts";

/** An aggregate in one word, `family.id`: names hold no dot. */
export function keyOf({ family, id }: AggregateRef): string {
  return `${family}.${id}`;
}

/** The inverse of {@link keyOf}; undefined when it is no such word. */
export function aggregateOf(key: string): AggregateRef | undefined {
  const dot = key.indexOf(".");
  return dot < 0 ? undefined : { family: key.slice(0, dot), id: key.slice(dot + 1) };
}
