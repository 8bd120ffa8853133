import type { AggregateRef, Selectable, SelectionPart } from "../../event/index.ts";
import { listOf } from "../../event/selection.ts";

/**
 * What a selection selects, in words that can be stored and compared: `Tab` for a family,
 * `Tab/TabOpened` for a type of it, `Tab#t1` for one aggregate, `Tab#t1/TabOpened` for both.
 */
export function selectedBy(selection: Selectable): string[] {
  const words = listOf(selection).flatMap(({ parts }) => parts.flatMap(wordsOf));
  return [...new Set(words)];
}

function wordsOf({ family, id, types }: SelectionPart): string[] {
  const aggregate = id === undefined ? family.name : `${family.name}#${id}`;
  return types === undefined ? [aggregate] : [...types].map((type) => `${aggregate}/${type}`);
}

/** Those words of `now` that nothing in `before` covers. */
export function addedTo(before: readonly string[], now: readonly string[]): string[] {
  const known = new Set(before);
  return now.filter((word) => !coveringOf(word).some((covering) => known.has(covering)));
}

/** The words that cover one: a family, an aggregate of it, a type of either. */
function coveringOf(word: string): string[] {
  const [, family = "", id = "", type = ""] = /^([^#/]*)(#[^/]*)?(\/.*)?$/s.exec(word) ?? [];
  return [word, family, family + id, family + type];
}

/** The names of the families a selection reads. */
export function familiesOf(selection: Selectable): string[] {
  const families = listOf(selection).flatMap(({ parts }) => parts.map(({ family }) => family.name));
  return [...new Set(families)];
}

/** Does a selection read any of an aggregate's events? */
export function selects(selection: Selectable, { family, id }: AggregateRef): boolean {
  return listOf(selection).some(({ parts }) =>
    parts.some((part) => part.family.name === family && (part.id === undefined || part.id === id)),
  );
}
