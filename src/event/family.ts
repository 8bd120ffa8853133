import type { StandardSchemaV1 } from "@standard-schema/spec";
import { ConfigError, InvalidInputError } from "./errors.ts";
import {
  checkedThere,
  checkOptions,
  either,
  isFunction,
  isObject,
  type Rules,
} from "./arguments.ts";
import { checkId, checkName } from "./name.ts";
import type { Selection } from "./selection.ts";
import type { Storable } from "./storable-event.ts";
import type { LinkedChains, UpcastChain } from "./upcast.ts";

/** What every event is: a plain object told apart by its `type`. */
export interface DomainEvent {
  readonly type: string;
}

/** What a family declares of one of its event types. */
export interface EventType<Event> {
  /**
   * From every older schema version to today's, oldest first: `[v1ToV2, v2ToV3]`. Each takes the
   * whole old event and returns the next one, as a pure function. The version written is the
   * length of the chain plus one.
   */
  readonly upcast?: UpcastChain<Event>;
}

/** What {@link defineEvents} takes. */
export interface FamilyDefinition<Event extends DomainEvent> {
  /**
   * The family's name for ever: it is in every subject. Renaming a TypeScript type changes
   * nothing; changing this starts a new family. 1 to 128 of `A-Z a-z 0-9 _ -`.
   */
  readonly name: string;
  /** Every type of the union; one that is missing here or not in the union does not compile. */
  readonly types: { readonly [Type in Event["type"]]: EventType<Extract<Event, { type: Type }>> };
  /**
   * Checks whole events before they are stored: any Standard Schema that answers synchronously.
   * The event given is what is stored; a schema that would change it is a ConfigError.
   */
  readonly schema?: StandardSchemaV1<unknown, Event>;
}

/** The events of one kind of aggregate. Also a {@link Selection} of all of them. */
export interface Family<Event extends DomainEvent = DomainEvent> extends Selection<Event> {
  readonly name: string;
  /** For each known type its upcasters, oldest first; today's schema version is their number + 1. */
  readonly upcasters: ReadonlyMap<string, readonly ((old: never) => unknown)[]>;
  readonly schema: StandardSchemaV1 | undefined;
  /** Only one aggregate's events. @throws {@link InvalidInputError} when the id breaks the rules */
  of(id: string): Selection<Event>;
  /** Only these types. @throws {@link InvalidInputError} when one is not of this family */
  only<const Types extends readonly Event["type"][]>(
    ...types: Types
  ): Selection<Extract<Event, { type: Types[number] }>>;
}

/**
 * Declare a family of events. Call it twice: the first call takes the union of event types, the
 * second the definition, from which all else is inferred.
 *
 * @throws {@link ConfigError} when the name or a type breaks the rules
 * @example
 * const TabEvents = defineEvents<TabEvent>()({
 *   name: "Tab",
 *   types: { TabOpened: {}, DrinksOrdered: { upcast: [v1ToV2] } },
 * });
 */
export function defineEvents<Event extends DomainEvent & Storable<Event> = NoUnion>(
  definition?: "goes to a second call: defineEvents<Events>()({ name, types })",
): <const Types extends FamilyDefinition<Event>["types"]>(
  definition: Omit<FamilyDefinition<Event>, "types"> & {
    readonly types: Types & LinkedChains<Types> & NoOthers<Types, Event["type"] & string>;
  },
) => Family<Event> {
  if (definition !== undefined) {
    throw new InvalidInputError(
      "definition",
      "must go to a second call, defineEvents<Events>()({ name, types })",
      definition,
    );
  }
  return (given) => {
    checkOptions("defineEvents", given, familyRules);
    return createFamily(given as FamilyDefinition<Event>);
  };
}

/** What the compiler says where the union was not named. */
interface NoUnion {
  readonly type: "the union of events is missing: defineEvents<Events>()({ name, types })";
}

const familyRules: Rules<FamilyDefinition<DomainEvent>> = {
  name: checkedThere,
  types: isObject,
  schema: either(isObject, isFunction, "must be a Standard Schema"),
};

const typeRules: Rules<EventType<unknown>> = {
  upcast: (value) =>
    Array.isArray(value) && value.every((step) => typeof step === "function")
      ? undefined
      : "must be an array of functions",
};

type NoOthers<Types, Known extends string> = { readonly [T in Exclude<keyof Types, Known>]: never };

function createFamily<Event extends DomainEvent>(
  definition: FamilyDefinition<Event>,
): Family<Event> {
  const name = asConfig(() => checkName("family name", definition.name));
  const entries = Object.entries<EventType<unknown>>(definition.types);
  for (const [type, declared] of entries) {
    checkOptions(`type "${type}"`, declared, typeRules, `types.${type}.`);
  }
  const upcasters = new Map(
    entries.map(([type, { upcast }]) => [
      checkType(name, type),
      Object.freeze([...(upcast ?? [])]),
    ]),
  );
  if (upcasters.size === 0) throw new ConfigError(`family "${name}" declares no event types`);
  const family: Family<Event> = {
    name,
    upcasters,
    schema: definition.schema,
    parts: [],
    of: (id) => ({ parts: [{ family, id: checkId(id) }] }),
    only: (...types) => ({ parts: [{ family, types: knownTypes(family, types) }] }),
  };
  return Object.freeze(Object.assign(family, { parts: [{ family }] }));
}

function checkType(family: string, type: string): string {
  if (type === "" || !type.isWellFormed() || Buffer.byteLength(type) > 255) {
    throw new ConfigError(
      `family "${family}": type ${JSON.stringify(type)} must be 1 to 255 bytes of well-formed text`,
    );
  }
  return type;
}

function knownTypes(family: Family, types: readonly string[]): ReadonlySet<string> {
  for (const type of types) {
    if (!family.upcasters.has(type)) {
      throw new InvalidInputError("type", `must be a type of family "${family.name}"`, type);
    }
  }
  if (types.length === 0) throw new InvalidInputError("types", "must name at least one", types);
  return new Set(types);
}

/** A rule broken in a definition is a mistake of set-up, not of input. */
export function asConfig<T>(check: () => T): T {
  try {
    return check();
  } catch (cause) {
    throw new ConfigError((cause as Error).message, { cause });
  }
}

/** The schema version this family writes for a type; undefined when it does not know the type. */
export function versionOf(family: Family, type: string): number | undefined {
  const upcasters = family.upcasters.get(type);
  return upcasters === undefined ? undefined : upcasters.length + 1;
}
