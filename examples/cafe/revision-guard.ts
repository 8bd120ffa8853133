import type { Revision } from "jetfold";

/** How far each tab's events have come, by the tab's id. */
export type Revisions = Map<string, Revision>;

/** Is this event new? */
export type RevisionGuard = (event: { id: string; revision: Revision }) => boolean;

/**
 * Tells an event from its repeat: true for each event of a tab once, as they come in order. After
 * a crash the last events before it are delivered again; a read model that asks this first is not
 * changed by them.
 * @param reached - is kept with the read model
 */
export function revisionGuard(reached: Revisions): RevisionGuard {
  return ({ id, revision }) => {
    if (revision <= (reached.get(id) ?? 0)) return false;
    reached.set(id, revision);
    return true;
  };
}
