import type { EventStore } from "jetfold";

/** A store of which some methods are replaced; the rest, and what it knows, is the store's own. */
export function wrapStore<S extends EventStore>(store: S, replaced: Partial<EventStore>): S {
  return new Proxy(store, {
    get(target, key) {
      if (key in replaced) return replaced[key as keyof EventStore];
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}
