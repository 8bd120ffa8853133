import type { Revision } from "jetfold";

/**
 * Tells an event from its repeat: true for each event of a tab once, as they come in order. After
 * a crash the last events before it are delivered again; a read model that asks this first is not
 * changed by them.
 */
export function revisionGuard(): (event: { id: string; revision: Revision }) => boolean {
  const reached = new Map<string, Revision>();
  return ({ id, revision }) => {
    if (revision <= (reached.get(id) ?? 0)) return false;
    reached.set(id, revision);
    return true;
  };
}
