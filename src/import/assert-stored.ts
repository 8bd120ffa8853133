import { type Commit, ImportMismatchError, type PreparedCommit } from "../event/index.ts";
import { type Lane, nameOf, type Waiting } from "./lanes.ts";

/**
 * Check that a stored commit, which ends at the same revision, is this one of the source: as many
 * events, of the same types and versions, with the same bytes. Metadata may differ: it may tell of
 * the import itself.
 * @throws {@link ImportMismatchError} naming the aggregate and the first revision that differs
 */
export function assertStored(lane: Lane, { prepared, index, first }: Waiting, found: Commit): void {
  const differs = found.firstRevision === first ? differenceOf(prepared, found) : 0;
  if (differs === undefined) return;
  const revision = first + differs;
  const rule = `must be what ${nameOf(lane)} has at revision ${revision} already`;
  throw new ImportMismatchError(index, `${rule}, and is ${described(prepared, differs)}`);
}

/** The index of the first event that is not the same. */
function differenceOf({ content }: PreparedCommit, { frame }: Commit): number | undefined {
  const { events } = content;
  const mine = Math.max(events.length, frame.events.length);
  for (let i = 0; i < mine; i++) {
    const given = events[i];
    const found = frame.events[i];
    if (given === undefined || found === undefined) return i;
    const same = given.type === found.type && given.version === found.version;
    if (!same || Buffer.compare(given.body, found.body) !== 0) return i;
  }
  return content.codec === frame.codec ? undefined : 0;
}

function described({ content }: PreparedCommit, index: number): string {
  const event = content.events[index];
  if (event === undefined) return "another event";
  return `"${event.type}" version ${event.version} of ${event.body.length} bytes`;
}
