import { defineProjection, type Envelope, type Projection, type Selectable } from "jetfold";

/** A projection whose read model is the list of what it was given: `<family>.<id>#<revision>`. */
export interface Recorder<S extends Selectable> {
  readonly projection: Projection<S>;
  readonly seen: string[];
}

/**
 * @param before - called before each event is noted; what it throws fails the projection
 */
export function recorder<const S extends Selectable>(
  definition: Omit<Projection<S>, "version" | "handle"> & { readonly version?: number },
  before: (label: string) => void | Promise<void> = () => undefined,
): Recorder<S> {
  const seen: string[] = [];
  const handle = async (envelope: Envelope): Promise<void> => {
    const label = labelOf(envelope);
    await before(label);
    seen.push(label);
  };
  return { projection: defineProjection<S>({ ...definition, project: handle }), seen };
}

export function labelOf({ family, id, revision }: Envelope): string {
  return `${family}.${id}#${revision}`;
}

/** The labels of one aggregate's revisions, from the first to the last (inclusive). */
export function labels(family: string, id: string, first: number, last: number): string[] {
  return Array.from({ length: last - first + 1 }, (_, i) => `${family}.${id}#${first + i}`);
}
