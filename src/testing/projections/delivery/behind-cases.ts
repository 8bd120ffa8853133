import assert from "node:assert/strict";
import type { Commit } from "../../../event/index.ts";
import { append, sequencesOfPublished, appendEach } from "../../contract/append.ts";
import { LedgerEvents, noted } from "../../contract/contract-events.ts";
import { assertRefusal } from "../../contract/refused.ts";
import { rebase } from "../../contract/truncate/rebase.ts";
import { assertLines, failureOf, lineOf, lines, listing, put } from "../listing.ts";
import type { ProjectionCaseDefinition, ProjectionContext } from "../projection-case.ts";
import type { ReadModel } from "../projection-harness.ts";

/** A projection stopped at "a:3"; ten are stored, cut before the `first`th (11: the base at 11). */
async function stoppedBefore(
  { store, model, start }: ProjectionContext,
  first: number,
  based = true,
): Promise<void> {
  const published = await appendEach(store, "a", 3);
  const running = start(listing(model()));
  await running.caughtUp();
  await running.stop();
  const rest = await appendEach(store, "a", 7, published.at(-1)!.head);
  const sequences = sequencesOfPublished([...published, ...rest]);
  if (based) sequences.push((await rebase(store)).sequence);
  await put(store, "b");
  await put(store, "a");
  await store.truncate(LedgerEvents, "a", sequences[first - 1]!);
}

function baseInto(model: ReadModel<unknown>) {
  return async ({ id, lastRevision }: Commit, tx: unknown): Promise<void> =>
    model.append(tx, `base ${lineOf({ id, revision: lastRevision })}`);
}

/** Projections that are behind what is cut, though the registry would have kept it from being cut. */
export const behindCases: readonly ProjectionCaseDefinition[] = [
  {
    guarantee: "one that comes back behind a cut is given the base, never less",
    needs: ["durable"],
    async check(context) {
      const { model, start } = context;
      await stoppedBefore(context, 11);
      const running = start(listing(model(), { projectBase: baseInto(model()) }));
      await running.caughtUp();
      await assertLines(model(), [...lines("a", 3), "base a:10", "b:1", "a:11"]);
    },
  },
  {
    guarantee: "without projectBase that is a TruncatedError, and nothing behind it is handled",
    needs: ["durable"],
    async check(context) {
      const { model, start } = context;
      await stoppedBefore(context, 11);
      const running = start(listing(model()));
      assertRefusal(["truncated"], "coming back behind a cut", await failureOf(running));
      await assertLines(model(), lines("a", 3));
    },
  },
  {
    guarantee: "what is left below the base is part of it then, too, also after another stop",
    needs: ["durable"],
    async check(context) {
      const { model, start } = context;
      await stoppedBefore(context, 8);
      const interrupted = start(
        listing(model(), {
          projectBase: () => {
            throw new Error("not now");
          },
          onError: { retries: 0 },
        }),
      );
      await failureOf(interrupted);
      const running = start(listing(model(), { projectBase: baseInto(model()) }));
      await running.caughtUp();
      await assertLines(model(), [...lines("a", 3), "base a:10", "b:1", "a:11"]);
    },
  },
  {
    guarantee: "where there is no base it fails, at every start",
    needs: ["durable"],
    async check(context) {
      const { model, start } = context;
      await stoppedBefore(context, 8, false);
      for (let n = 0; n < 2; n++) {
        const running = start(listing(model(), { projectBase: baseInto(model()) }));
        assertRefusal(["truncated"], "a cut without a base", await failureOf(running));
      }
      const handled = (await model().read()).filter((line) => line.startsWith("a"));
      assert.deepEqual(handled, lines("a", 3));
    },
  },
  {
    guarantee: "one that is slow when what is before it is cut is given the base",
    async check({ store, model, start }) {
      let release = (): void => undefined;
      const held = new Promise<void>((resolve) => (release = resolve));
      const running = start(
        listing(model(), { before: () => held, projectBase: baseInto(model()) }),
      );
      await put(store, "a");
      const cut = await growAndCut(store);
      release();
      await running.reached(await put(store, "a"));
      const handled = await model().read();
      const events = handled.indexOf(`base a:${cut}`);
      assert.ok(events > 0 && events < cut, `the base comes after ${events} of ${cut} events`);
      await assertLines(model(), [...lines("a", events), `base a:${cut}`, `a:${cut + 1}`]);
    },
  },
];

/** More than a reader has at hand: 12 MB. @returns the revision of the base */
async function growAndCut(store: ProjectionContext["store"]): Promise<number> {
  const value = "x".repeat(50_000);
  for (let n = 0; n < 240; n++) await append(store, "a", "any", [noted(value)]);
  const { head, sequence } = await rebase(store);
  await store.truncate(LedgerEvents, "a", sequence);
  return head.revision;
}
