import { expect, test } from "vitest";
import { type Commit, defineEvents, TruncatedError } from "../../event/index.ts";
import { defineProjection, type Projection } from "../projection.ts";
import { CommitHandler } from "./commit-handler.ts";

const events = defineEvents<{ type: "Done" }>()({ name: "Job", types: { Done: {} } });

/** A commit of one event, as far as a handler looks at it. */
function commit(id: string, missing: number): Commit {
  return { family: "Job", id, sequence: 1, missing, envelopes: [{ id }] } as unknown as Commit;
}

test("a commit that fails before any of its events does not blame the one before it", async () => {
  const handled: string[] = [];
  const projection = defineProjection({
    name: "jobs",
    events,
    project: ({ id }) => void handled.push(id),
  });
  const handler = new CommitHandler(projection as unknown as Projection<never, undefined>);
  const progress = { commits: 0, events: 0 };
  const handling = handler.handle([commit("a", 0), commit("b", 3)], undefined, progress);
  await expect(handling).rejects.toThrow(TruncatedError);
  expect(handled).toEqual(["a"]);
  expect(handler.current).toBeUndefined();
  expect(progress).toEqual({ commits: 1, events: 0 });
});

test("what a batch will need is fetched before its first event, and not for one commit alone", async () => {
  const told: string[] = [];
  const projection = defineProjection({
    name: "jobs",
    events,
    prepare: (envelopes) => void told.push(`prepare ${envelopes.map(({ id }) => id).join()}`),
    project: ({ id }) => void told.push(id),
  });
  const handler = new CommitHandler(projection as unknown as Projection<never, undefined>);
  const handle = (...ids: string[]) =>
    handler.handle(
      ids.map((id) => commit(id, 0)),
      undefined,
      { commits: 0, events: 0 },
    );
  await handle("a", "b");
  await handle("c");
  expect(told).toEqual(["prepare a,b", "a", "b", "c"]);
});
