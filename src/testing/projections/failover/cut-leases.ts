import { type Bucket, type EventStore, UnavailableError } from "../../../event/index.ts";
import { eventually } from "../../contract/within.ts";

/** A store of which no projection's lease can be renewed while it is cut. */
export interface CutLeases {
  readonly store: EventStore;
  cut(): void;
  /** Cut until a check no longer throws. */
  cutUntil(check: () => void): Promise<void>;
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
  const cut = (): void => void (isCut = true);
  const cutUntil = async (check: () => void): Promise<void> => {
    cut();
    await eventually(check).finally(() => (isCut = false));
  };
  return { store: cuttable, cut, cutUntil };
}
