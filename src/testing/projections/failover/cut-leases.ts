import { type Bucket, type EventStore, UnavailableError } from "../../../event/index.ts";

/** A store of which a projection's lease can no longer be renewed, once it is cut. */
export interface CutLeases {
  readonly store: EventStore;
  cut(): void;
}

/** The same store; what is cut off looks like a server that is away. */
export function cutLeases(store: EventStore): CutLeases {
  let isCut = false;
  const bucket = store.projections;
  const projections: Bucket = {
    ...bucket,
    async put(key, value, expected) {
      if (isCut && key.startsWith("lease.")) throw new UnavailableError("cut off");
      return bucket.put(key, value, expected);
    },
  };
  const cuttable = new Proxy(store, {
    get(target, key) {
      if (key === "projections") return projections;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
  return { store: cuttable, cut: () => void (isCut = true) };
}
