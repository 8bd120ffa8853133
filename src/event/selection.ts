import { isList } from "./is-list.ts";
import type { DomainEvent, Family } from "./family.ts";
import { InvalidInputError } from "./errors.ts";
import { checkFamily, checkId } from "./name.ts";

/**
 * Which events a reader wants: a family, `family.only(...types)`, `family.of(id)`, or several of
 * them in an array. A type parameter only, for inference: `Event` is the union of what is selected.
 */
export interface Selection<Event extends DomainEvent = DomainEvent> {
  readonly parts: readonly SelectionPart[];
  /** Never set; carries the type. */
  readonly "~event"?: Event;
}

/** One clause of a selection; what any clause selects is selected. */
export interface SelectionPart {
  readonly family: Family;
  /** Only this aggregate; all when absent. */
  readonly id?: string;
  /** Only these types; all when absent. */
  readonly types?: ReadonlySet<string>;
}

/** What readers take: one selection or several. */
export type Selectable = Selection | readonly Selection[];

/** The union of the events that a {@link Selectable} selects. */
export type EventOf<S> = S extends readonly (infer One)[] ? EventOfOne<One> : EventOfOne<S>;

type EventOfOne<S> = S extends { readonly "~event"?: infer Event }
  ? Extract<Event, DomainEvent>
  : never;

/** A selection made ready to ask: clauses by family name. */
export interface Selector {
  readonly families: ReadonlyMap<string, readonly SelectionPart[]>;
  /** Of families of which aggregates are named: for each of these, the clauses that select of it. */
  readonly ids: ReadonlyMap<string, ReadonlyMap<string, readonly SelectionPart[]>>;
  /** The one aggregate that is selected, when the selection is `family.of(id)` alone. */
  readonly single: { readonly family: Family; readonly id: string } | undefined;
}

/**
 * Make a selection ready to ask.
 * @throws {@link InvalidInputError} when it is empty, or names two different families alike
 */
export function selectorOf(selection: Selectable): Selector {
  const families = new Map<string, SelectionPart[]>();
  const parts = listOf(selection).flatMap((one: Partial<Selection> | undefined) => {
    if (one?.parts !== undefined && isList(one.parts)) return one.parts;
    throw new InvalidInputError("selection", "must be a family or a selection of one", one);
  });
  for (const part of parts) {
    checkFamily(part.family);
    if (part.id !== undefined) checkId(part.id);
    const known = families.get(part.family.name);
    if (known === undefined) families.set(part.family.name, [part]);
    else if (known[0]!.family === part.family) known.push(part);
    else {
      throw new InvalidInputError(
        "selection",
        "must not name two different families alike",
        part.family.name,
      );
    }
  }
  if (parts.length === 0) throw new InvalidInputError("selection", "must not be empty", selection);
  const only = parts.length === 1 ? parts[0]! : undefined;
  return {
    families,
    ids: idsIn(families),
    single: only?.id === undefined ? undefined : { family: only.family, id: only.id },
  };
}

function idsIn(families: ReadonlyMap<string, readonly SelectionPart[]>): Selector["ids"] {
  const ids = new Map<string, ReadonlyMap<string, readonly SelectionPart[]>>();
  for (const [family, parts] of families) {
    const byId = new Map<string, SelectionPart[]>();
    for (const { id } of parts) if (id !== undefined) byId.set(id, []);
    if (byId.size === 0) continue;
    for (const part of parts) {
      const selecting = part.id === undefined ? byId.values() : [byId.get(part.id)!];
      for (const one of selecting) one.push(part);
    }
    ids.set(family, byId);
  }
  return ids;
}

/** A selection, or several, as a list. */
export function listOf(selection: Selectable): readonly Selection[] {
  return Array.isArray(selection) ? (selection as readonly Selection[]) : [selection as Selection];
}

/** The clauses that select something of this aggregate; undefined when none does. */
export function partsFor(
  selector: Selector,
  family: string,
  id: string,
): readonly SelectionPart[] | undefined {
  const parts = selector.families.get(family);
  const ids = selector.ids.get(family);
  if (parts === undefined || ids === undefined) return parts;
  const named = ids.get(id);
  if (named !== undefined) return named;
  const whole = parts.filter((part) => part.id === undefined);
  return whole.length === 0 ? undefined : whole;
}

/** Does one of these clauses select this type? */
export function selectsType(parts: readonly SelectionPart[], type: string): boolean {
  for (const { types } of parts) if (types === undefined || types.has(type)) return true;
  return false;
}
